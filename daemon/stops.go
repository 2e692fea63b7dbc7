// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// stopWithin bounds each stop, so that one stuck part cannot keep the others from closing well.
const stopWithin = 5 * time.Second

// stops are the named ways to close what was opened; they run in reverse.
type stops struct {
	log   *slog.Logger
	named []namedStop
}

type namedStop struct {
	name string
	stop func(context.Context) error
}

func (s *stops) add(name string, stop func(context.Context) error) {
	s.named = append(s.named, namedStop{name, stop})
}

// run closes everything, newest first, and joins what went wrong.
func (s *stops) run() error {
	var errs []error
	for i := len(s.named) - 1; i >= 0; i-- {
		n := s.named[i]
		if err := bounded(n.stop); err != nil {
			errs = append(errs, fmt.Errorf("stopping %s: %w", n.name, err))
		}
		s.log.Debug("stopped", "part", n.name)
	}
	s.named = nil
	return errors.Join(errs...)
}

func bounded(stop func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- stop(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("it did not stop within %s", stopWithin)
	}
}
