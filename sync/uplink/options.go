// SPDX-License-Identifier: Apache-2.0

package uplink

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

// Store is the box's outbox.
type Store interface {
	// Place is where the outbox stands.
	Place(ctx context.Context) (edge.Place, error)
	// Pending gives the records after a Seq, in order, at most limit of them and about bytes.
	Pending(ctx context.Context, after uint64, limit, bytes int) ([]edge.Record, error)
	// Trying makes durable that records up to a Seq are about to be sent.
	Trying(ctx context.Context, upto uint64) error
	// Acknowledged takes away what head office has. It does nothing for a box id that is not the present one.
	Acknowledged(ctx context.Context, box string, upto uint64) error
	// Backlog is what waits.
	Backlog(ctx context.Context) (edge.Backlog, error)
	// NewBox gives the outbox a new box id and numbers what waits from 1.
	NewBox(ctx context.Context) (edge.Place, error)
	// Offer puts everything that the box holds into the outbox, going on where it was interrupted. While the outbox is
	// full it waits for Acknowledged. That it has begun is durable, and seen in Backlog, before it reports progress first.
	Offer(ctx context.Context, progress func(edge.ImportProgress)) error
	// Orders are erasures and receipts that wait; Ordered takes them away.
	Orders(ctx context.Context) ([]edge.Order, error)
	Ordered(ctx context.Context, ids []string) error
	// Changed gives a channel that receives when something was added.
	Changed() <-chan struct{}
}

// Link makes the calls to head office: a *link.Client.
type Link interface {
	Pack(lines []byte) wire.Body
	Records(ctx context.Context, batch wire.Body) (wire.Ack, error)
	Orders(ctx context.Context, orders []edge.Order) error
	Status(ctx context.Context, status wire.BoxStatus) (wire.StatusAnswer, error)
	Upkeep(ctx context.Context) error
}

// Options are what an Uplink is made of. Store and Link are required.
type Options struct {
	Store Store
	Link  Link
	Gate  *link.Gate // shared with the downlink; nil: always open

	Hours   link.Hours    // records travel within them only; the zero value: always
	Metered func() bool   // where given, Hours bind only while it says true; with no Hours it has no meaning
	Pace    link.Pace     // of records. Waiting for head office is rest
	Records int           // most of one batch; 0: 4000
	Bytes   int           // about, of one batch; 0: 2 MiB
	Linger  time.Duration // how long news wait for company; 0: a second

	Status   func() wire.BoxStatus   // what only the daemon knows; Box, Backlog and Clock are filled in here. nil: nothing
	OnStatus func(wire.StatusAnswer) // what head office said to it
	OnNewBox func()                  // the box has another id, and gave its cursor up: whoever waits for news by it is to ask anew
	Registry prometheus.Registerer   // nil: not registered
	Random   func() float64          // of the back-off, in [0, 1); nil: math/rand
	Now      func() time.Time        // nil: time.Now
	Log      *slog.Logger            // nil: none
}

const (
	defaultRecords = 4_000
	defaultBytes   = 2 << 20
	defaultLinger  = time.Second
)

func (o *Options) complete() error {
	switch {
	case o.Store == nil || o.Link == nil:
		return errors.New("uplink: needs a store and a link")
	case o.Records < 0 || o.Records > wire.MaxRecords || o.Bytes < 0 || o.Bytes > wire.MaxBatch:
		return fmt.Errorf("uplink: a batch is at most %d records and %d bytes", wire.MaxRecords, wire.MaxBatch)
	case o.Linger < 0:
		return errors.New("uplink: nobody can linger for less than no time")
	}
	if err := o.Pace.Complete(); err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	setDefault(&o.Records, defaultRecords)
	setDefault(&o.Bytes, defaultBytes)
	setDefault(&o.Linger, defaultLinger)
	if o.Gate == nil {
		o.Gate = link.NewGate()
		o.Gate.Open()
	}
	if o.Status == nil {
		o.Status = func() wire.BoxStatus { return wire.BoxStatus{} }
	}
	if o.OnNewBox == nil {
		o.OnNewBox = func() {}
	}
	if o.OnStatus == nil {
		o.OnStatus = func(wire.StatusAnswer) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

func setDefault[T comparable](value *T, to T) {
	var zero T
	if *value == zero {
		*value = to
	}
}
