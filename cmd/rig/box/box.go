// SPDX-License-Identifier: Apache-2.0

// Package box runs the real redbench binary for a measurement: a state directory and a configuration of its own, free
// ports, and every step by the commands that a person would use.
package box

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"redbench/daemon/control"
	"redbench/edge"
)

// Options say what is to run.
type Options struct {
	Binary string // bin/redbench
	Dir    string // an empty directory for configuration, state and log
	Store  string
	Broker string // URL of an outside broker; empty: the embedded one
	Extra  string // more lines of configuration
}

// Box is a running daemon.
type Box struct {
	options Options
	config  string
	process *exec.Cmd
	log     *os.File
	status  control.Status
}

const readyWithin = 30 * time.Second

// Start writes the configuration, starts the daemon, and returns once it is ready.
func Start(ctx context.Context, o Options) (*Box, error) {
	if _, err := os.Stat(o.Binary); err != nil {
		return nil, fmt.Errorf("%s is not there: run make build first (%w)", o.Binary, err)
	}
	b := &Box{options: o, config: filepath.Join(o.Dir, "redbench.toml")}
	if err := b.configure(); err != nil {
		return nil, err
	}
	if err := b.launch(); err != nil {
		return nil, err
	}
	if err := b.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, b.Stop(), errors.New(b.LogTail()))
	}
	return b, nil
}

func (b *Box) configure() error {
	text := fmt.Sprintf("[store]\nid = %q\n[state]\ndir = %q\n[ui]\nlisten = \"127.0.0.1:0\"\n[mqtt]\nlisten = \"127.0.0.1:0\"\nbroker = %q\n%s",
		b.options.Store, filepath.Join(b.options.Dir, "state"), b.options.Broker, b.options.Extra)
	if err := os.WriteFile(b.config, []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing the box's configuration: %w", err)
	}
	return nil
}

func (b *Box) launch() error {
	log, err := os.Create(filepath.Join(b.options.Dir, "redbench.log"))
	if err != nil {
		return fmt.Errorf("opening the box's log: %w", err)
	}
	b.log = log
	b.process = exec.Command(b.options.Binary, "run", "--config", b.config) // stopped by Stop, not by a context: SIGTERM
	b.process.Stdout, b.process.Stderr = log, log
	if err := b.process.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", b.options.Binary, err)
	}
	return nil
}

// awaitReady asks `redbench status` until it says so.
func (b *Box) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	every := time.NewTicker(50 * time.Millisecond)
	defer every.Stop()
	for {
		err := b.refresh(ctx)
		if err == nil && b.status.Running && b.status.Ready {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the box was not ready within %s: %w", readyWithin, errors.Join(err,
				errors.New(strings.Join(b.status.NotReady, "; "))))
		case <-every.C:
		}
	}
}

func (b *Box) refresh(ctx context.Context) error { return b.JSON(ctx, &b.status, "status") }

// Status asks the daemon how it stands.
func (b *Box) Status(ctx context.Context) (control.Status, error) {
	err := b.refresh(ctx)
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
func (b *Box) PID() int { return b.process.Process.Pid }

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

// JSON runs a verb with --json and decodes what it prints.
func (b *Box) JSON(ctx context.Context, into any, verb ...string) error {
	command := exec.CommandContext(ctx, b.options.Binary, append(verb, "--json", "--config", b.config)...)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		return fmt.Errorf("redbench %s: %w: %s", strings.Join(verb, " "), err, strings.TrimSpace(problems.String()))
	}
	if err := json.Unmarshal(out, into); err != nil {
		return fmt.Errorf("reading what redbench %s printed: %w", verb[0], err)
	}
	return nil
}

// Stop ends the daemon as a service manager does, and tells when it did not end well.
func (b *Box) Stop() error {
	if b.process == nil || b.process.Process == nil {
		return nil
	}
	defer b.log.Close()
	if err := b.process.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stopping the box: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- b.process.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("the box ended badly: %w", err)
		}
		return nil
	case <-time.After(20 * time.Second):
		return errors.Join(errors.New("the box did not stop within 20 s and was killed"), b.process.Process.Kill())
	}
}

// LogTail gives the end of the daemon's log.
func (b *Box) LogTail() string {
	file, err := os.Open(filepath.Join(b.options.Dir, "redbench.log"))
	if err != nil {
		return ""
	}
	defer file.Close()
	all, _ := io.ReadAll(file)
	return string(all[max(0, len(all)-2000):])
}
