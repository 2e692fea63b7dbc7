// SPDX-License-Identifier: Apache-2.0

package service

import (
	"log/slog"

	"golang.org/x/sys/windows/svc/eventlog"
)

// The ids of events, for whoever filters by them. EventCreate, whose texts we borrow, knows 1 to 1000.
const (
	started = 1
	stopped = 2
	warning = 3
	failure = 4
)

// Logged sends warnings and errors to the event log, too, where the service manager started this process. It keeps what it
// opens until the process ends.
func Logged(h slog.Handler) slog.Handler {
	if !Managed() {
		return h
	}
	log, err := eventlog.Open(Name)
	if err != nil {
		return h // nobody registered the name: the service was made by other means than ours
	}
	return newEvents(h, func(severe bool, text string) {
		if severe {
			_ = log.Error(failure, text)
			return
		}
		_ = log.Warning(warning, text)
	})
}

// Tell writes an error that ends the service, or keeps it from starting, to the event log.
func Tell(err error) {
	if err != nil && Managed() {
		tell(failure, err.Error())
	}
}

func tell(id uint32, text string) {
	log, err := eventlog.Open(Name)
	if err != nil {
		return
	}
	defer log.Close()
	if id == failure {
		_ = log.Error(id, text)
		return
	}
	_ = log.Info(id, text)
}
