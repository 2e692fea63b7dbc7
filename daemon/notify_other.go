// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package daemon

import (
	"log/slog"
	"time"
)

// tellServiceManager is for systemd only; other service managers watch the process itself.
func tellServiceManager(*slog.Logger, string) {}

// watchdogWithin is for systemd only.
func watchdogWithin() time.Duration { return 0 }
