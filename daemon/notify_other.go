// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package daemon

import "log/slog"

// tellServiceManager is for systemd only; other service managers watch the process itself.
func tellServiceManager(*slog.Logger, string) {}
