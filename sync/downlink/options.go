// SPDX-License-Identifier: Apache-2.0

package downlink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"redbench/edge"
	"redbench/sync/link"
	"redbench/sync/wire"
)

// Store is where changes go.
type Store interface {
	// Cursor is where to ask from next.
	Cursor(ctx context.Context) (cursor string, asked time.Time, err error)
	// Apply applies a page and moves the cursor, both or nothing.
	Apply(ctx context.Context, page edge.Page) (edge.Applied, error)
	// StartOver makes the box ask from the beginning, and offer everything that it holds.
	StartOver(ctx context.Context) error
	// Asked notes that at that time nothing was left to be told.
	Asked(ctx context.Context, at time.Time) error
}

// Link makes the calls to head office: a *link.Client.
type Link interface {
	Changes(ctx context.Context, cursor string, wait time.Duration) (edge.Page, error)
	Lookup(ctx context.Context, hashes []edge.IdentifierHash) (edge.Found, error)
}

// Options are what a Downlink is made of. Store and Link are required.
type Options struct {
	Store     Store
	Link      Link
	Gate      *link.Gate         // shared with the uplink; nil: one of its own
	OnApplied func(edge.Applied) // after each page; nil: nobody
	Wait      time.Duration      // how long head office may wait for something to tell; 0: 50 s
	Every     time.Duration      // on a metered link: ask so often, and never wait at head office; 0: wait

	Pace link.Pace // between pages of which more are to come

	Registry prometheus.Registerer // nil: not registered
	Random   func() float64        // of the back-off, in [0, 1); nil: math/rand
	Now      func() time.Time      // nil: time.Now
	Log      *slog.Logger          // nil: none
}

const defaultWait = 50 * time.Second // proxies often cut at a minute

func (o *Options) complete() error {
	switch {
	case o.Store == nil || o.Link == nil:
		return errors.New("downlink: needs a store and a link")
	case o.Wait < 0 || o.Wait > wire.MaxWait*time.Second:
		return fmt.Errorf("downlink: head office waits for %d s at most", wire.MaxWait)
	}
	if err := o.Pace.Complete(); err != nil {
		return fmt.Errorf("downlink: %w", err)
	}
	if o.Wait == 0 {
		o.Wait = defaultWait
	}
	if o.Gate == nil {
		o.Gate = link.NewGate()
	}
	if o.OnApplied == nil {
		o.OnApplied = func(edge.Applied) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}
