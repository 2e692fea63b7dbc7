// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package service

import (
	"context"
	"log/slog"
)

// Run runs the daemon under the service manager. Here that is a plain run: the manager stops it by a signal, which ends
// ctx.
func Run(ctx context.Context, run func(context.Context) error) error { return run(ctx) }

// Managed reports whether the service manager, and not a person, started this process.
func Managed() bool { return false }

// Settle has nowhere to go: the unit says where the service starts.
func Settle(string) error { return nil }

// Logged adds no log: standard error is the service manager's.
func Logged(h slog.Handler) slog.Handler { return h }

// Tell has nobody to tell: standard error is the service manager's.
func Tell(error) {}

func arguments(o Options) []string { return []string{"run", "--config", o.Config} }
