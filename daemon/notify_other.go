// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package daemon

import (
	"log/slog"
	"os"
	"runtime"
	"time"
)

// tellServiceManager is for systemd only; other service managers watch the process itself.
func tellServiceManager(*slog.Logger, string) {}

// watchdogWithin is for systemd only.
func watchdogWithin() time.Duration { return 0 }

// startedAgain reports whether this is a child of launchd, which starts it again when it ends.
func startedAgain() bool { return runtime.GOOS == "darwin" && os.Getppid() == 1 }
