// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"fmt"
	"sync"

	"redbench/edge"
)

// offers puts all that a box holds into its outbox, once at a time.
type offers struct {
	beside bool // batches are sent while it goes on; else whoever begins one waits for its end

	wait  sync.WaitGroup
	mu    sync.Mutex
	busy  bool
	again bool // one was asked for while another was under way, which may have passed what is missing
}

// begin begins an offer, and calls begun once that is durable.
func (o *offers) begin(ctx context.Context, store Store, begun func() error) error {
	if !o.start() {
		return begun()
	}
	first, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	report := sync.OnceFunc(func() { close(first); <-goOn })
	o.wait.Go(func() {
		err := o.run(ctx, store, report)
		report() // nothing to report is a beginning, too
		ended <- err
	})
	<-first
	err := begun()
	close(goOn)
	if o.beside {
		return err // an offer that fails is taken up by Resume
	}
	if offered := <-ended; err == nil {
		err = offered
	}
	return err
}

func (o *offers) run(ctx context.Context, store Store, report func()) error {
	for {
		err := store.Offer(ctx, func(edge.ImportProgress) { report() })
		if err == nil && o.another() {
			continue
		}
		o.mu.Lock()
		o.busy, o.again = false, o.again && err != nil
		o.mu.Unlock()
		if err != nil {
			return fmt.Errorf("offering what the box holds: %w", err)
		}
		return nil
	}
}

// start reports whether none was under way; else it sees to it that another follows.
func (o *offers) start() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.again = o.busy
	started := !o.busy
	o.busy = true
	return started
}

func (o *offers) another() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	again := o.again
	o.again = false
	return again
}

func (o *offers) running() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.busy
}
