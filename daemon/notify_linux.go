// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"log/slog"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"
)

// tellServiceManager tells systemd how the daemon stands; without systemd it does nothing.
func tellServiceManager(log *slog.Logger, state string) {
	if _, err := sd.SdNotify(false, state); err != nil {
		log.Warn("telling the service manager", "state", state, "error", err)
	}
}

// watchdogWithin is how long systemd waits for the next word before it starts the daemon again; 0: it does not watch.
func watchdogWithin() time.Duration {
	within, err := sd.SdWatchdogEnabled(false)
	if err != nil {
		return 0
	}
	return within
}

// startedAgain is for other systems: systemd says that it watches.
func startedAgain() bool { return false }
