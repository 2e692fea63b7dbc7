// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"redbench/daemon/config"
)

// TestTheWatchdogStarvesWithTheTills: a real box with a real socket to its service manager. When its broker is gone, it says
// so there, and WATCHDOG=1 no more; the manager would start it anew.
func TestTheWatchdogStarvesWithTheTills(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "notify")
	systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer systemd.Close()
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", "1200000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	c := config.Default()
	c.State.Dir, c.MQTT.Listen, c.UI.Listen = dir, "127.0.0.1:0", "127.0.0.1:0"
	failed := make(failures, 100)
	app, err := New(t.Context(), Options{Config: c, Log: slog.New(failed), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	said := make(chan string, 1000)
	go listenTo(systemd, said)
	for got := ""; got != "WATCHDOG=1"; {
		got = <-said
	}
	if err := app.tills.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for len(failed) > 0 { // before
		<-failed
	}
	<-failed // what was on its way may have come through
	<-failed
	for len(said) > 0 {
		<-said
	}
	for range patience {
		<-failed
	}
	status := ""
	for len(said) > 0 {
		got := <-said
		if got == "WATCHDOG=1" {
			t.Error("it was fed though nothing comes through")
		}
		status = got
	}
	if !strings.HasPrefix(status, "STATUS=the box's test event did not come through: mqtt: ") {
		t.Errorf("it says %q", status)
	}
}

func listenTo(c *net.UnixConn, said chan<- string) {
	buffer := make([]byte, 1024)
	for {
		n, err := c.Read(buffer)
		if err != nil {
			return
		}
		said <- string(buffer[:n])
	}
}

// failures notes what is logged of test events that failed.
type failures chan struct{}

func (failures) Enabled(context.Context, slog.Level) bool { return true }
func (f failures) WithAttrs([]slog.Attr) slog.Handler     { return f }
func (f failures) WithGroup(string) slog.Handler          { return f }
func (f failures) Handle(_ context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "the box's test event did not come through") {
		f <- struct{}{}
	}
	return nil
}

// TestABoxThatNobodyWatchesEnds: where the service manager does not wait for word of it, but starts again what ended, the
// third test event in a row that fails ends it, and not one that failed between good ones.
func TestABoxThatNobodyWatchesEnds(t *testing.T) {
	w := newWay(t, false)
	defer w.serve.Stop()
	broken := false
	w.publish = func(ctx context.Context, payload []byte) error {
		if broken {
			return errBroken
		}
		return w.deliver(ctx, payload)
	}
	ended := 0
	watched := &watch{prober: w.prober, every: time.Second, say: func(string) {}, note: func(*finding, bool) {}, end: func() { ended++ }}
	for _, broken = range []bool{true, true, false, true, true} {
		watched.once(t.Context())
	}
	if ended != 0 {
		t.Fatal("it ended before its time")
	}
	watched.once(t.Context())
	if ended != 1 {
		t.Error("it goes on though nothing comes through")
	}
}
