// SPDX-License-Identifier: Apache-2.0

// Package box runs the real redbench binary for a measurement: a state directory and a configuration of its own, free
// ports, and every step by the commands that a person would use.
package box

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"redbench/cmd/rig/process"
	"redbench/daemon/control"
	"redbench/edge"
)

// Options say what is to run.
type Options struct {
	Binary string // bin/redbench
	Under  string // a program that runs the binary, as an emulator; empty: the machine itself
	Dir    string // an empty directory for configuration, state and log
	Store  string
	Broker string   // URL of an outside broker; empty: the embedded one
	Extra  string   // more lines of configuration
	Serve  []string // a command line to run with in place of the binary's own; `--config FILE` is added
	Fixed  bool     // the ports that were found free at first are kept over all lives
}

// Box is a daemon and its files. It may live several times.
type Box struct {
	options Options
	process *process.Process // nil: it does not run
	status  control.Status
}

const readyWithin = 30 * time.Second

// Start configures a box, starts the daemon, and returns once it is ready.
func Start(ctx context.Context, o Options) (*Box, error) {
	b, err := Configure(o)
	if err != nil {
		return nil, err
	}
	return b, b.Start(ctx)
}

// Configure writes a box's configuration and starts nothing.
func Configure(o Options) (*Box, error) {
	if _, err := os.Stat(o.Binary); err != nil {
		return nil, fmt.Errorf("%s is not there: run make build first (%w)", o.Binary, err)
	}
	screens, tills := "127.0.0.1:0", "127.0.0.1:0"
	if o.Fixed {
		var err error
		if screens, err = FreeAddress(); err != nil {
			return nil, err
		}
		if tills, err = FreeAddress(); err != nil {
			return nil, err
		}
	}
	b := &Box{options: o}
	text := fmt.Sprintf("[store]\nid = %q\n[state]\ndir = %q\n[ui]\nlisten = %q\n[mqtt]\nlisten = %q\nbroker = %q\n%s",
		o.Store, b.State(), screens, tills, o.Broker, o.Extra)
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the box's directory: %w", err)
	}
	if err := os.WriteFile(b.Config(), []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("writing the box's configuration: %w", err)
	}
	return b, nil
}

// FreeAddress finds an address that nobody listens on.
func FreeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// Store is the store's id.
func (b *Box) Store() string { return b.options.Store }

// Dir holds the box's configuration, state and log.
func (b *Box) Dir() string { return b.options.Dir }

// Config is the configuration's file.
func (b *Box) Config() string { return filepath.Join(b.options.Dir, "redbench.toml") }

// State is the state directory.
func (b *Box) State() string { return filepath.Join(b.options.Dir, "state") }

// Log is the file of the daemon's log, over all its lives.
func (b *Box) Log() string { return filepath.Join(b.options.Dir, "redbench.log") }

// Start begins a life, and returns once the daemon is ready.
func (b *Box) Start(ctx context.Context) (err error) {
	if b.process, err = b.begin(); err != nil {
		return err
	}
	err = b.process.Await(ctx, readyWithin, func(ctx context.Context) error {
		if err := b.ask(ctx); err != nil {
			return err
		}
		if !b.status.Ready {
			return errors.New(strings.Join(b.status.NotReady, "; "))
		}
		return nil
	})
	if err != nil {
		return errors.Join(fmt.Errorf("starting box %s: %w", b.options.Store, err), b.Stop(), errors.New(b.LogTail()))
	}
	return nil
}

func (b *Box) begin() (*process.Process, error) {
	program, args := b.line([]string{"run", "--config", b.Config()})
	if serve := b.options.Serve; serve != nil {
		program, args = serve[0], append(serve[1:len(serve):len(serve)], "--config", b.Config())
	}
	return process.Start(program, b.Log(), args...)
}

// line is what runs a verb.
func (b *Box) line(args []string) (string, []string) {
	if b.options.Under == "" {
		return b.options.Binary, args
	}
	return b.options.Under, append([]string{b.options.Binary}, args...)
}

// ask asks the daemon how it stands, as `redbench status` does.
func (b *Box) ask(ctx context.Context) error {
	client, err := control.Dial(ctx, b.State())
	if err != nil {
		return err
	}
	status, err := client.Status(ctx)
	if err = errors.Join(err, client.Close()); err == nil {
		b.status = status
	}
	return err
}

// Status asks the daemon how it stands.
func (b *Box) Status(ctx context.Context) (control.Status, error) {
	err := b.ask(ctx)
	return b.status, err
}

// Screens gives host:port of the screens' listener.
func (b *Box) Screens() string { return b.status.UI.Address }

// Tills gives the URL at which tills publish.
func (b *Box) Tills() string {
	if b.options.Broker != "" {
		return b.options.Broker
	}
	return "tcp://" + b.status.MQTT.Address
}

// PID is the daemon's process.
func (b *Box) PID() int { return b.process.PID() }

// Import runs `redbench import KIND FILE`.
func (b *Box) Import(ctx context.Context, kind, file string) (edge.ImportReport, error) {
	var report edge.ImportReport
	err := b.JSON(ctx, &report, "import", kind, file)
	return report, err
}

// Pair runs `redbench pair --lane LANE`.
func (b *Box) Pair(ctx context.Context, lane string) (control.Pairing, error) {
	var pairing control.Pairing
	err := b.JSON(ctx, &pairing, "pair", "--lane", lane)
	return pairing, err
}

// Enroll runs `redbench enroll`, with the code that head office made for this store.
func (b *Box) Enroll(ctx context.Context, url, code string) error {
	return b.JSON(ctx, &control.EnrollReport{}, "enroll", "--url", url, code)
}

// JSON runs a verb with --json and decodes what it prints.
func (b *Box) JSON(ctx context.Context, into any, verb ...string) error {
	program, args := b.line(append(verb, "--json", "--config", b.Config()))
	return process.JSON(ctx, into, program, args...)
}

// Run runs a verb.
func (b *Box) Run(ctx context.Context, verb ...string) error {
	program, args := b.line(append(verb, "--config", b.Config()))
	_, err := process.Run(ctx, program, args...)
	return err
}

// Stop ends the daemon as a service manager does, and tells when it did not end well.
func (b *Box) Stop() error {
	if b.process == nil {
		return nil
	}
	defer func() { b.process = nil }()
	if err := b.process.Stop(); err != nil {
		return fmt.Errorf("stopping box %s: %w", b.options.Store, err)
	}
	return nil
}

// Kill ends the daemon in the middle of whatever it does.
func (b *Box) Kill() {
	if b.process != nil {
		b.process.Kill()
		b.process = nil
	}
}

// LogTail gives the end of the daemon's log.
func (b *Box) LogTail() string { return process.Tail(b.Log()) }
