// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"log/slog"

	sd "github.com/coreos/go-systemd/v22/daemon"
)

// tellServiceManager tells systemd how the daemon stands; without systemd it does nothing.
func tellServiceManager(log *slog.Logger, state string) {
	if _, err := sd.SdNotify(false, state); err != nil {
		log.Warn("telling the service manager", "state", state, "error", err)
	}
}
