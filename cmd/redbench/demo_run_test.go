// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"redbench/edge/simulate"
)

// TestDemoShowsItsCustomers runs the whole demo, on free ports, and watches one of its lanes as a screen does.
func TestDemoShowsItsCustomers(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	o := demoOptions{dir: filepath.Join(t.TempDir(), "demo"), speed: 100, seed: 1, noBrowser: true, json: true}
	said, out := io.Pipe()
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(runDemo(running, o, out, io.Discard), out.Close()) }()
	var where demoWhere
	if err := json.NewDecoder(said).Decode(&where); err != nil {
		t.Fatalf("the demo said nothing (%v): %v", err, <-ended)
	}
	if len(where.Screens) != 3 || where.Manager.URL == "" || where.Customers < 60 {
		t.Errorf("where to look: %+v", where)
	}
	names := map[string]bool{}
	for _, p := range simulate.NewChain(1, time.Now()).Customers {
		names[p.Name] = true
	}
	if name := firstName(t, ctx, where); !names[name] {
		t.Errorf("the screen showed %q, whom nobody made up", name)
	}
	second := o
	second.dir = where.Dir
	if err := runDemo(ctx, second, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "a demo is running in") {
		t.Errorf("a second demo in the same directory: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the demo did not end well: %v", err)
	}
}

// firstName waits for the first prompt with a name on lane 1.
func firstName(t *testing.T, ctx context.Context, where demoWhere) string {
	t.Helper()
	url := strings.Replace(where.Home, "http", "ws", 1) + "/ws/lane/1"
	dialer := websocket.Dialer{Subprotocols: []string{"redbench.v1"}}
	conn, _, err := dialer.DialContext(ctx, url, http.Header{"Authorization": {"Bearer " + where.Screens[0].Token}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	for {
		var m struct {
			Type string `json:"type"`
			Who  struct {
				Name string `json:"name"`
			} `json:"who"`
		}
		if err := conn.ReadJSON(&m); err != nil {
			t.Fatalf("waiting for a prompt: %v", err)
		}
		if m.Type == "prompt" && m.Who.Name != "" {
			return m.Who.Name
		}
	}
}

func TestDemoEndsAfterItsTimeAndSaysWhereToLook(t *testing.T) {
	var out bytes.Buffer
	o := demoOptions{dir: filepath.Join(t.TempDir(), "demo"), speed: 8, seed: 1, noBrowser: true, length: 200 * time.Millisecond}
	if err := runDemo(t.Context(), o, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Cashier's screen, lane 3   http://127.0.0.1:", "Manager's page", "Ctrl-C", "Nothing is left running"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
}

func TestDemoTellsOfTakenPorts(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	dir := filepath.Join(t.TempDir(), "demo")
	for _, c := range []struct {
		o    demoOptions
		flag string
	}{
		{demoOptions{dir: dir, speed: 1, noBrowser: true, screens: uint16(port)}, "--screens-port"},
		{demoOptions{dir: dir, speed: 1, noBrowser: true, tills: uint16(port)}, "--tills-port"},
	} {
		err := runDemo(t.Context(), c.o, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.flag) || !strings.Contains(err.Error(), strconv.Itoa(port)) {
			t.Errorf("%s: got %v", c.flag, err)
		}
	}
}
