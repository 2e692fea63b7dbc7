// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"fmt"
	"sync"
	"time"

	"redbench/edge"
)

// offers puts all that a box holds into its outbox, one offer at a time, while batches are sent beside it: an outbox that
// is full waits for them.
type offers struct {
	under sync.WaitGroup
	mu    sync.Mutex
	busy  bool
	again bool // one was asked for while another was under way, which may have passed what is missing
}

// begin begins an offer and calls begun once that is durable. It does not wait for the end, and gives its error to ended.
// An offer that fails before it has begun is begin's own failure. One that is anew does not count on what an earlier one,
// which it may find under way, has passed already.
func (o *offers) begin(ctx context.Context, store Store, anew bool, begun func() error, ended func(error)) error {
	if !o.start(anew) {
		return begun()
	}
	first := make(chan error, 2)
	report := sync.OnceFunc(func() { first <- nil })
	o.under.Go(func() {
		err := o.run(ctx, store, report)
		first <- err
		ended(err)
	})
	if err := o.durable(ctx, store, first); err != nil {
		return fmt.Errorf("offering what the box holds: %w", err)
	}
	return begun()
}

// lookEach is how often the store is asked whether an offer has begun: one that finds the outbox full waits for batches
// to be taken, and so must not be waited for by whoever sends them.
const lookEach = 20 * time.Millisecond

// durable waits until the offer has begun for sure, or gives its error.
func (o *offers) durable(ctx context.Context, store Store, first <-chan error) error {
	timer := time.NewTimer(lookEach)
	defer timer.Stop()
	for {
		select {
		case err := <-first:
			return err
		case <-timer.C:
		}
		backlog, err := store.Backlog(ctx)
		if err != nil || backlog.Offering {
			return err
		}
		timer.Reset(lookEach)
	}
}

func (o *offers) run(ctx context.Context, store Store, report func()) error {
	for {
		err := store.Offer(ctx, func(edge.ImportProgress) { report() })
		if !o.another(err) {
			return err
		}
	}
}

// start reports whether none was under way here. It sees to it that one that is to be anew is made from the beginning.
func (o *offers) start(anew bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.again = o.again || anew
	if o.busy {
		return false
	}
	o.busy = true
	return true
}

// another reports whether one more is to be made. After an error none is: what was asked for is taken up by Resume.
func (o *offers) another(err error) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil && o.again {
		o.again = false
		return true
	}
	o.busy = false
	return false
}

func (o *offers) running() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.busy
}
