// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	kardianos "github.com/kardianos/service"
)

// Run runs the daemon under the service manager when that started this process, and plainly otherwise.
func Run(ctx context.Context, run func(context.Context) error) error {
	if !Managed() {
		return run(ctx)
	}
	s, err := kardianos.New(&program{parent: ctx, run: run}, &kardianos.Config{Name: Name})
	if err != nil {
		return fmt.Errorf("speaking to the service manager: %w", err)
	}
	return s.Run()
}

// Managed reports whether the service manager, and not a person, started this process.
func Managed() bool { return !kardianos.Interactive() }

// Settle leaves system32, where the manager starts services, for the configuration's directory: a relative path would be looked
// for, or worse written, there.
func Settle(config string) error {
	if !Managed() {
		return nil
	}
	if err := os.Chdir(filepath.Dir(config)); err != nil {
		return fmt.Errorf("entering the configuration's directory: %w", err)
	}
	return nil
}

// stopWithin is how long the manager waits for the daemon to close what it opened.
const stopWithin = 30 * time.Second

type program struct {
	parent context.Context
	run    func(context.Context) error
	cancel context.CancelFunc
	done   chan error
}

// Start returns at once, as the manager wants. A daemon that ends by itself ends the process with an error, which is
// what makes the manager's recovery start it again.
func (p *program) Start(kardianos.Service) error {
	ctx, cancel := context.WithCancel(p.parent)
	p.cancel, p.done = cancel, make(chan error, 1)
	go func() {
		err := p.run(ctx)
		if ctx.Err() == nil {
			if err == nil {
				err = errors.New("it ended by itself")
			}
			Tell(fmt.Errorf("the service ends and is started again: %w", err))
			os.Exit(1)
		}
		p.done <- err
	}()
	tell(started, "Redbench starts.")
	return nil
}

// Stop asks the daemon to end and waits for it. What goes wrong is told and is no error for the manager: it would start again
// what a person has stopped.
func (p *program) Stop(kardianos.Service) error {
	p.cancel()
	select {
	case err := <-p.done:
		if err != nil {
			Tell(fmt.Errorf("stopping: %w", err))
		}
	case <-time.After(stopWithin):
		Tell(fmt.Errorf("the daemon did not stop within %s, and was ended", stopWithin))
	}
	tell(stopped, "Redbench is stopped.")
	return nil
}
