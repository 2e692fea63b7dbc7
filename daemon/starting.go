// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"log/slog"
	"time"
)

const (
	// moreTime is asked for again and again while the record is opened: a migration takes as long as it takes.
	moreTime  = "EXTEND_TIMEOUT_USEC=60000000"
	moreEvery = 20 * time.Second
	// longestOpening is when a start is left to the service manager's own patience.
	longestOpening = 2 * time.Hour
)

// askForTime keeps the service manager from giving up on a start that is at work on the record. stop ends that.
func askForTime(log *slog.Logger) (stop func()) {
	return askBy(func(state string) {
		tellServiceManager(log, state)
		log.Info("opening the record; after an upgrade this may take minutes")
	})
}

func askBy(say func(state string)) (stop func()) {
	ended := make(chan struct{})
	go func() {
		ticker := time.NewTicker(moreEvery)
		defer ticker.Stop()
		last := time.NewTimer(longestOpening)
		defer last.Stop()
		for {
			select {
			case <-ended:
				return
			case <-last.C:
				return
			case <-ticker.C:
				say(moreTime + "\nSTATUS=Opening the record; after an upgrade this may take minutes")
			}
		}
	}()
	return func() { close(ended) }
}
