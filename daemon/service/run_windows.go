// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	kardianos "github.com/kardianos/service"
	"golang.org/x/sys/windows/svc"
)

// Run runs the daemon under the service manager when that started this process, and plainly otherwise.
func Run(ctx context.Context, run func(context.Context) error) error {
	if !Managed() {
		return run(ctx)
	}
	if err := svc.Run(Name, &program{parent: ctx, run: run}); err != nil {
		return fmt.Errorf("speaking to the service manager: %w", err)
	}
	return nil
}

// Managed reports whether the service manager, and not a person, started this process. Our own installation says so in the
// service's command line; how else a service was made (by a package's own table), the library guesses from the process's parent, and
// that guess fails where services.exe does not run in session 0, as under Wine.
func Managed() bool { return slices.Contains(os.Args[1:], "--"+Flag) || !kardianos.Interactive() }

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

// program is the daemon as the service manager sees it.
type program struct {
	parent context.Context
	run    func(context.Context) error
}

// Execute runs the daemon until the manager wants it stopped. A daemon that ends by itself ends the process, which the manager
// takes for a crash and mends.
func (p *program) Execute(_ []string, requests <-chan svc.ChangeRequest, changes chan<- svc.Status) (bool, uint32) {
	ctx, cancel := context.WithCancel(p.parent)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- p.run(ctx) }()
	changes <- svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
	tell(started, "Redbench starts.")
	for {
		select {
		case err := <-done:
			if err == nil {
				err = errors.New("it ended by itself")
			}
			Tell(fmt.Errorf("the service ends and is started again: %w", err))
			os.Exit(1)
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				changes <- r.CurrentStatus
			case svc.Stop, svc.Shutdown:
				changes <- svc.Status{State: svc.StopPending, WaitHint: uint32(stopWithin.Milliseconds())}
				cancel()
				await(done)
				return false, 0
			}
		}
	}
}

// await gives the daemon its time to close what it opened. What goes wrong is told and is no error for the manager: it would start
// again what a person has stopped.
func await(done <-chan error) {
	select {
	case err := <-done:
		if err != nil {
			Tell(fmt.Errorf("stopping: %w", err))
		}
	case <-time.After(stopWithin):
		Tell(fmt.Errorf("the daemon did not stop within %s, and was ended", stopWithin))
	}
	tell(stopped, "Redbench is stopped.")
}
