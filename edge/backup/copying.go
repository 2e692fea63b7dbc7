// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"errors"
	"os"
	"sync"
)

// Copying is the copy of a database that is being made, if any. It reads all the time, and keeps the journal from being cut
// back: whoever has forgotten somebody has it yield.
type Copying struct {
	mu     sync.Mutex
	cancel context.CancelCauseFunc // nil: none is being made
	asked  <-chan struct{}         // closed when it is to end
	ended  chan struct{}
}

// errYielded says that a copy was given up since somebody was taken out: it would have held her.
var errYielded = errors.New("somebody was forgotten meanwhile")

// begin notes a copy, until end.
func (c *Copying) begin(ctx context.Context) (inner context.Context, end func()) {
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

// Asked is closed when the copy that is being made was asked to yield, or has ended; nil: none was ever made.
func (c *Copying) Asked() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

// Yield ends the copy that is being made, and returns when it no longer reads.
func (c *Copying) Yield() {
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

// Database is Database, begun anew as often as it has to yield. One at a time.
func (c *Copying) Database(ctx context.Context, from, to string, pace Pace) (counts map[string]int64, err error) {
	for range copyTries {
		if err := os.RemoveAll(to); err != nil {
			return nil, err
		}
		counts, err = c.once(ctx, from, to, pace)
		if !errors.Is(err, errYielded) {
			break
		}
	}
	return counts, err
}

func (c *Copying) once(ctx context.Context, from, to string, pace Pace) (map[string]int64, error) {
	ctx, end := c.begin(ctx)
	defer end()
	counts, err := Database(ctx, from, to, pace)
	if err != nil && errors.Is(context.Cause(ctx), errYielded) {
		err = errYielded
	}
	return counts, err
}
