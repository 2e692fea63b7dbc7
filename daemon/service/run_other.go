// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package service

import (
	"context"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Run runs the daemon under the service manager. Here that is a plain run: the manager stops it by a signal, which ends
// ctx.
func Run(ctx context.Context, run func(context.Context) error) error { return run(ctx) }

// Managed reports whether the service manager, and not a person, started this process.
func Managed() bool { return false }

// Ready tells the service manager that the daemon listens, with a line for its status. Without a manager it does nothing.
func Ready(status string) { notify(daemon.SdNotifyReady + "\nSTATUS=" + status) }

// Stopping tells the service manager that the daemon is on its way out.
func Stopping() { notify(daemon.SdNotifyStopping) }

// notify leaves an error alone: the manager then times out and says so itself.
func notify(state string) { _, _ = daemon.SdNotify(false, state) }
