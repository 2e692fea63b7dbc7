// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"testing"

	"redbench/daemon/config"
)

// The unit is Type=notify: a box that does not tell that it is ready would be killed by systemd after two minutes.
func TestSystemdIsTold(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "notify")
	systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer systemd.Close()
	t.Setenv("NOTIFY_SOCKET", socket)
	cfg, err := config.Parse(filepath.Join(dir, "redbench.toml"),
		"[state]\ndir = \"state\"\n[ui]\nlisten = \"127.0.0.1:0\"\n[mqtt]\nlisten = \"127.0.0.1:0\"\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, cfg, slog.New(slog.DiscardHandler)) }()
	if got := hear(t, systemd); got != "READY=1" {
		t.Errorf("first it said %q", got)
	}
	cancel()
	if got := hear(t, systemd); got != "STOPPING=1" {
		t.Errorf("then it said %q", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
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
