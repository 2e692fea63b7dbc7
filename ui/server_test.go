// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"redbench/edge"
	"redbench/ui/uitest"

	"github.com/gorilla/websocket"
)

// fakeClock stands still until a test moves it.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// rig is a server with everything around it in memory.
type rig struct {
	*Server
	t       testing.TB
	clock   *fakeClock
	screens *uitest.Screens
	cashier *uitest.Cashier
	http    *httptest.Server
}

var thought = edge.Idle{Principle: edge.Principle{Title: "Greet a person", Text: "Not a transaction."}}

func newRig(t testing.TB, change ...func(*Options)) *rig {
	t.Helper()
	clock := &fakeClock{now: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)}
	r := &rig{t: t, clock: clock, screens: &uitest.Screens{Now: clock.Now}, cashier: &uitest.Cashier{}}
	r.http = httptest.NewUnstartedServer(nil)
	opt := Options{
		Run: "run-1", StoreID: "s1", StoreName: "Harbour Street", Locale: "en-GB", Version: "1.2.3", Zone: time.UTC,
		Listen: r.http.Listener.Addr().String(), Screens: r.screens, Cashier: r.cashier, Now: clock.Now,
		Lanes: func() []string { return []string{"1", "2", "3", "10"} },
		Idle:  func() edge.Idle { return thought },
	}
	for _, each := range change {
		each(&opt)
	}
	server, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	r.Server = server
	r.http.Config.Handler = server.Handler()
	r.http.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := server.Close(ctx); err != nil {
			t.Error(err)
		}
		r.http.Close()
	})
	return r
}

func (r *rig) token(lane string) string {
	r.t.Helper()
	pairing, err := r.Mint(context.Background(), lane, lane == "", "")
	if err != nil {
		r.t.Fatal(err)
	}
	return pairing.Token
}

// dial opens a lane's socket; header changes the handshake.
func (r *rig) dial(lane string, header http.Header) (*websocket.Conn, *http.Response, error) {
	dialer := websocket.Dialer{Subprotocols: []string{Subprotocol}, HandshakeTimeout: 5 * time.Second}
	url := "ws" + strings.TrimPrefix(r.http.URL, "http") + "/ws/lane/" + lane
	return dialer.Dial(url, header)
}

// screen is a connected client of a test.
type screen struct {
	t    testing.TB
	conn *websocket.Conn
}

func (r *rig) screen(lane string) *screen {
	r.t.Helper()
	conn, _, err := r.dial(lane, http.Header{"Authorization": {"Bearer " + r.token(lane)}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	return &screen{t: r.t, conn: conn}
}

type message map[string]any

func (s *screen) next() message {
	s.t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	var m message
	if err := s.conn.ReadJSON(&m); err != nil {
		s.t.Fatalf("reading a message: %v", err)
	}
	return m
}

func (s *screen) nextOf(kind string) message {
	s.t.Helper()
	m := s.next()
	if m["type"] != kind {
		s.t.Fatalf("got a %v, want a %s", m, kind)
	}
	return m
}

// current is what a hello says is true.
func (m message) current() message { return message(m["current"].(map[string]any)) }

func (s *screen) say(text string) {
	s.t.Helper()
	if err := s.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) closedWith() int {
	s.t.Helper()
	for {
		if err := s.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			s.t.Fatal(err)
		}
		if _, _, err := s.conn.ReadMessage(); err != nil {
			closed, ok := err.(*websocket.CloseError)
			if !ok {
				return 0
			}
			return closed.Code
		}
	}
}

var maya = edge.Prompt{
	ID: "p1", Event: "e1", Checkout: "c1", ShownFor: time.Minute,
	Who: edge.Who{Name: "Maya", Say: "MY-uh", Stage: edge.StageRegular, Since: "12 days since the last visit"},
	Do:  &edge.Line{Text: "Start an oat flat white, no lid", Why: "usual", Rule: "secret-rule"},
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// waitFor waits for something that another goroutine is about to do.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it did not happen")
		}
	}
}
