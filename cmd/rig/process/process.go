// SPDX-License-Identifier: Apache-2.0

// Package process runs the product's real programs: their logs in files that go on over their lives, and their ends as a
// service manager, or a power cut, would have it.
package process

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Process is one life of a program.
type Process struct {
	command *exec.Cmd
	log     *os.File
	ended   chan struct{}
	err     error // of Wait; to be read when ended is closed
}

// Start runs a program whose standard output and error are added to a file.
func Start(binary, log string, args ...string) (*Process, error) {
	return StartWith(binary, log, nil, args...)
}

// StartWith is Start with more environment.
func StartWith(binary, log string, environment []string, args ...string) (*Process, error) {
	file, err := os.OpenFile(log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", binary, err)
	}
	p := &Process{command: exec.Command(binary, args...), log: file, ended: make(chan struct{})} // not by a context: that kills
	p.command.Stdout, p.command.Stderr = file, file
	p.command.Env = append(os.Environ(), environment...)
	if err := p.command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", binary, err), file.Close())
	}
	go func() {
		p.err = p.command.Wait()
		_ = file.Close() // what was written to it is there
		close(p.ended)
	}()
	return p, nil
}

// PID is the process's number.
func (p *Process) PID() int { return p.command.Process.Pid }

// Ended is closed when the program has ended, by itself or not.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Kill ends it in the middle of whatever it does.
func (p *Process) Kill() {
	_ = p.command.Process.Kill() // it may have ended
	<-p.ended
}

// stopWithin bounds how long a program may take to end well.
const stopWithin = 20 * time.Second

// Stop ends it as a service manager does, and tells when it did not end well.
func (p *Process) Stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping: %w", err)
	}
	select {
	case <-p.ended:
		if p.err != nil {
			return fmt.Errorf("it ended badly: %w", p.err)
		}
		return nil
	case <-time.After(stopWithin):
		p.Kill()
		return fmt.Errorf("it did not stop within %s and was killed", stopWithin)
	}
}

// Await asks ready every now and then until it gives nil, the program ends, or the time is over.
func (p *Process) Await(ctx context.Context, within time.Duration, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := Until(ctx, 20*time.Millisecond, func(ctx context.Context) error {
		select {
		case <-p.ended:
			cancel()
			return errors.New("it has ended")
		default:
			return ready(ctx)
		}
	})
	if err != nil {
		return fmt.Errorf("it was not ready within %s: %w", within, err)
	}
	return nil
}

// Until asks again and again until done gives nil, and gives its last error when the context ends before.
func Until(ctx context.Context, every time.Duration, done func(context.Context) error) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	last := errors.New("nothing was asked yet")
	for {
		err := done(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return last
		case <-ticker.C:
		}
	}
}

// Run runs a verb to its end and gives what it printed.
func Run(ctx context.Context, binary string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, binary, args...)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		return out, fmt.Errorf("%s %s: %w: %s", binary, strings.Join(args, " "), err, strings.TrimSpace(problems.String()+" "+string(out)))
	}
	return out, nil
}

// JSON runs a verb that prints JSON, and decodes it.
func JSON(ctx context.Context, into any, binary string, args ...string) error {
	out, err := Run(ctx, binary, args...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(out, into); err != nil {
		return fmt.Errorf("reading what %s %s printed: %w", binary, args[0], err)
	}
	return nil
}

// Tail gives the end of a file, for a message.
func Tail(file string) string {
	all, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(all[max(0, len(all)-3000):])
}
