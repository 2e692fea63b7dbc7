// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"fmt"
	"sync"

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
// An offer that fails before it has begun is begin's own failure.
func (o *offers) begin(ctx context.Context, store Store, begun func() error, ended func(error)) error {
	if !o.start() {
		return begun()
	}
	first, goOn := make(chan error, 1), make(chan struct{})
	report := sync.OnceFunc(func() { first <- nil; <-goOn })
	o.under.Go(func() {
		err := o.run(ctx, store, report)
		if err != nil {
			first <- err // nobody reads it where a report came before
		}
		report() // an end without a report is a beginning, too
		ended(err)
	})
	if err := <-first; err != nil {
		close(goOn)
		return fmt.Errorf("offering what the box holds: %w", err)
	}
	defer close(goOn)
	return begun()
}

func (o *offers) run(ctx context.Context, store Store, report func()) error {
	for {
		err := store.Offer(ctx, func(edge.ImportProgress) { report() })
		if !o.another(err) {
			return err
		}
	}
}

// start reports whether none was under way; else it sees to it that another follows.
func (o *offers) start() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.busy {
		o.again = true
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
