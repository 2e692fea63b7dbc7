// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"redbench/daemon/config"
)

// The unit is Type=notify: a box that does not tell that it is ready would be killed by systemd after two minutes, and one
// that stops to say that it prompts, after half a minute.
func TestSystemdIsTold(t *testing.T) {
	t.Setenv("WATCHDOG_USEC", "60000000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	systemd, stop := served(t)
	if got := hear(t, systemd); got != "READY=1\nSTATUS=Hearing tills, answering screens" {
		t.Errorf("first it said %q", got)
	}
	if got := hear(t, systemd); !strings.HasPrefix(got, "STATUS=Prompting") {
		t.Errorf("then it said %q", got)
	}
	if got := hear(t, systemd); got != "WATCHDOG=1" {
		t.Errorf("then it said %q", got)
	}
	stop()
	if got := hear(t, systemd); got != "STOPPING=1" {
		t.Errorf("in the end it said %q", got)
	}
}

// Where nobody waits for word of it, no test event is sent unasked.
func TestWithoutAWatchdogNothingIsSaid(t *testing.T) {
	systemd, stop := served(t)
	if got := hear(t, systemd); !strings.HasPrefix(got, "READY=1\n") {
		t.Errorf("first it said %q", got)
	}
	stop()
	if got := hear(t, systemd); got != "STOPPING=1" {
		t.Errorf("then it said %q", got)
	}
}

// served runs a box under a service manager's ear until stop.
func served(t *testing.T) (systemd *net.UnixConn, stop func()) {
	t.Helper()
	dir := t.TempDir()
	socket := filepath.Join(dir, "notify")
	systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = systemd.Close() })
	t.Setenv("NOTIFY_SOCKET", socket)
	cfg, err := config.Parse(filepath.Join(dir, "redbench.toml"),
		"[state]\ndir = \"state\"\n[ui]\nlisten = \"127.0.0.1:0\"\n[mqtt]\nlisten = \"127.0.0.1:0\"\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, cfg, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
	return systemd, cancel
}

func hear(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	buffer := make([]byte, 1024)
	n, err := c.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return string(buffer[:n])
}
