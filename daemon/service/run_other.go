// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package service

import "context"

// Run runs the daemon under the service manager. Here that is a plain run: the manager stops it by a signal, which ends
// ctx.
func Run(ctx context.Context, run func(context.Context) error) error { return run(ctx) }

// Managed reports whether the service manager, and not a person, started this process.
func Managed() bool { return false }
