// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"redbench/cmd/internal/cli"
	"redbench/daemon"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge/mqtt"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"redbench": func() { os.Exit(cli.Run(newRoot, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// The scripts in testdata/script say what a person types and sees.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"up":      up,
			"publish": publish,
		},
		RequireExplicitExec: true,
	})
}

// exits runs a command and asserts its exit code: exits 2 redbench nonsense.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("running %v: %v", args[1:], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%v exited with %d, want %d", args[1:], got, want)
	}
}

// up runs a daemon in this process until the script ends, and returns once it is ready. $MQTT and $UI tell its addresses.
func up(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: up CONFIG")
	}
	cfg, err := config.Load(ts.MkAbs(args[0]), nil)
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	app, err := daemon.New(ctx, daemon.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Version: "v9.9.9"})
	if err != nil {
		cancel()
		ts.Fatalf("starting: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	ts.Defer(func() {
		cancel()
		if err := <-ended; err != nil {
			ts.Logf("stopping: %v", err)
		}
	})
	<-app.Ready()
	status := ask(ts, cfg)
	ts.Setenv("MQTT", status.MQTT.Address)
	ts.Setenv("UI", status.UI.Address)
}

func ask(ts *testscript.TestScript, cfg *config.Config) control.Status {
	client, err := control.Dial(context.Background(), cfg.State.Dir)
	ts.Check(err)
	defer client.Close()
	status, err := client.Status(context.Background())
	ts.Check(err)
	return status
}

// publish sends a file as a till of the embedded broker would: publish CONFIG TOPIC FILE.
func publish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: publish CONFIG TOPIC FILE")
	}
	cfg, err := config.Load(ts.MkAbs(args[0]), nil)
	ts.Check(err)
	till, err := mqtt.NewTill(mqtt.TillOptions{Broker: "tcp://" + ask(ts, cfg).MQTT.Address, ClientID: "script"})
	ts.Check(err)
	defer till.Close()
	ts.Check(till.Publish(context.Background(), args[1], []byte(ts.ReadFile(args[2]))))
}
