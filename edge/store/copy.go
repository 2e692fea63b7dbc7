// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"redbench/edge/backup"
)

// copying is a copy of the database that is being made. It reads all the time, and keeps the journal from being cut back.
type copying struct {
	mu     sync.Mutex
	cancel context.CancelCauseFunc // nil: none is being made
	asked  <-chan struct{}         // closed when it is to end
	ended  chan struct{}
}

// errYielded says that a copy was given up since somebody was taken out: it would have held her.
var errYielded = errors.New("somebody was forgotten meanwhile")

// begin notes a copy, until end.
func (c *copying) begin(ctx context.Context) (inner context.Context, end func()) {
	inner, cancel := context.WithCancelCause(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel, c.asked, c.ended = cancel, inner.Done(), make(chan struct{})
	return inner, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		cancel(nil)
		close(c.ended)
		c.cancel = nil
	}
}

// yield ends the copy that is being made, and returns when it no longer reads.
func (c *copying) yield() {
	c.mu.Lock()
	cancel, ended := c.cancel, c.ended
	c.mu.Unlock()
	if cancel == nil {
		return
	}
	cancel(errYielded)
	<-ended
}

// copyTries is how often a copy begins anew since somebody was forgotten.
const copyTries = 20

// Copy copies the database to a file while it is in use: all that was acknowledged before it began is in it. Who is forgotten
// meanwhile is not: then it begins anew. One at a time. It gives how many rows each table has in the copy.
func (s *Store) Copy(ctx context.Context, to string, pace backup.Pace) (counts map[string]int64, err error) {
	for range copyTries {
		counts, err = s.copyOnce(ctx, to, pace)
		if !errors.Is(err, errYielded) {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("copying the store: %w", err)
	}
	return counts, nil
}

func (s *Store) copyOnce(ctx context.Context, to string, pace backup.Pace) (map[string]int64, error) {
	if err := removeIfThere(to); err != nil {
		return nil, err
	}
	ctx, end := s.copying.begin(ctx)
	defer end()
	counts, err := backup.Database(ctx, s.path, to, pace)
	if err != nil && errors.Is(context.Cause(ctx), errYielded) {
		err = errYielded
	}
	return counts, err
}

// Restless reports why now is no time for a backup: much is being written, or looked through; empty: nothing.
func (s *Store) Restless() string {
	switch {
	case s.stepping.Load() > 0:
		return "an import is under way"
	case s.scrub.Owes():
		return "somebody is being forgotten"
	case s.full.Load():
		return "the disk is full"
	}
	return ""
}
