// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"redbench/edge"
	"redbench/sync/link"
	"redbench/sync/wire"
)

// Uplink sends an outbox. Round and Run may not run at once; State may be asked at any time.
type Uplink struct {
	Options
	metrics *metrics
	size    sizing
	lines   []byte        // the last batch's memory, used again
	busy    time.Duration // what the last batch kept a core busy
	rested  time.Time     // no records before
	refused int           // batches in a row of which head office took nothing

	offers offers

	mu    sync.Mutex
	state State
}

// New makes an uplink. It sends nothing before Round or Run.
func New(options Options) (*Uplink, error) {
	if err := options.complete(); err != nil {
		return nil, err
	}
	u := &Uplink{Options: options, size: sizing{most: options.Records, now: options.Records}}
	var err error
	if u.metrics, err = newMetrics(options.Registry); err != nil {
		return nil, fmt.Errorf("uplink: registering metrics: %w", err)
	}
	return u, nil
}

// Round sends the orders that wait, or, where there are none, one batch of records, if these may travel now. It reports
// whether there may be more that could go at once.
func (u *Uplink) Round(ctx context.Context) (more bool, err error) {
	u.busy = 0
	ordered, err := u.sendOrders(ctx)
	if err != nil || ordered || !u.mayTravel() {
		return ordered && err == nil, err
	}
	return u.sendRecords(ctx)
}

// mayTravel reports whether records may be sent now.
func (u *Uplink) mayTravel() bool {
	open, _ := u.Gate.Look()
	return open && !u.waitsForHours() && !u.Now().Before(u.rested)
}

func (u *Uplink) waitsForHours() bool {
	binding := u.Metered == nil || u.Metered()
	return binding && !u.Hours.Open(u.Now())
}

// sendOrders reports whether it sent any: the store may hold more than it gave.
func (u *Uplink) sendOrders(ctx context.Context) (sent bool, err error) {
	orders, err := u.Store.Orders(ctx)
	if err != nil {
		return false, fmt.Errorf("reading the orders that wait: %w", err)
	}
	for len(orders) > 0 {
		some := orders[:fitting(orders)]
		orders = orders[len(some):]
		ids := make([]string, len(some))
		for i, order := range some {
			ids[i] = order.ID()
		}
		if err := u.Link.Orders(ctx, some); err != nil {
			return sent, u.failed(ctx, err)
		}
		u.reached()
		if err := u.Store.Ordered(ctx, ids); err != nil {
			return sent, fmt.Errorf("noting that orders were taken: %w", err)
		}
		sent = true
	}
	return sent, nil
}

// What one call of orders carries at most, well below what head office reads.
const (
	ordersAtOnce = 50
	orderBytes   = 256 << 10
)

// fitting is how many of the orders go with one call: one at least. In a chain of many boxes that worked alone an order has
// a tombstone under each of their keys.
func fitting(orders []edge.Order) (n int) {
	const each, tombstone, id = 200, 48, 40 // about, as JSON
	for size := 0; n < len(orders) && n < ordersAtOnce; n++ {
		size += each
		if e := orders[n].Erasure; e != nil {
			size += tombstone*len(e.Tombstones) + id*len(e.Customers)
		}
		if n > 0 && size > orderBytes {
			break
		}
	}
	return n
}

func (u *Uplink) sendRecords(ctx context.Context) (more bool, err error) {
	began := u.Now()
	place, err := u.Store.Place(ctx)
	if err != nil {
		return false, fmt.Errorf("reading where the outbox stands: %w", err)
	}
	records, body, err := u.batch(ctx, place)
	if err != nil || len(records) == 0 {
		return false, err
	}
	last := records[len(records)-1].Seq
	// Before the attempt: what may have been sent must not change its content any more, and must not lose its number.
	if err := u.Store.Trying(ctx, last); err != nil {
		return false, fmt.Errorf("noting an attempt: %w", err)
	}
	u.busy = u.Now().Sub(began)
	u.metrics.sent.Add(float64(len(records)))

	ack, err := u.Link.Records(ctx, body)
	if err != nil {
		return u.notTaken(ctx, err)
	}
	u.reached()
	u.size.went()
	began = u.Now()
	defer func() { u.busy += u.Now().Sub(began) }()
	return u.taken(ctx, place, records, ack)
}

// batch reads what goes next, and makes it smaller until it is within what may travel at once.
func (u *Uplink) batch(ctx context.Context, place edge.Place) ([]edge.Record, wire.Body, error) {
	records, err := u.Store.Pending(ctx, place.Acked, u.size.now, u.Bytes)
	if err != nil {
		return nil, wire.Body{}, fmt.Errorf("reading the outbox: %w", err)
	}
	if len(records) > 0 && place.Acked == 0 {
		records[0].Former = place.Former
	}
	for len(records) > 0 {
		lines, err := wire.EncodeRecords(u.lines[:0], place.Box, records)
		if err == nil {
			u.lines = lines
			return records, u.Link.Pack(lines), nil
		}
		if errors.Is(err, wire.ErrTooLarge) && len(records) > 1 {
			records = records[:len(records)/2]
			continue
		}
		if !u.leaveOut(place.Box, records) {
			return nil, wire.Body{}, err
		}
	}
	return nil, wire.Body{}, nil
}

// leaveOut makes void what cannot travel as it is, so that it does not hold back all that comes after it. It reports
// whether there was any. Such a record is a fault of ours; what it tells of stays in the box's own record.
func (u *Uplink) leaveOut(box string, records []edge.Record) (any bool) {
	for i, r := range records {
		if r.Kind == edge.RecordVoid {
			continue
		}
		if _, err := wire.EncodeRecords(nil, box, records[i:i+1]); err != nil {
			u.Log.Error("a record cannot be told to head office; it is left out", "seq", r.Seq, "kind", r.Kind, "error", err)
			u.metrics.leftOut.Inc()
			records[i] = edge.Record{Seq: r.Seq, Prev: r.Prev, ID: r.ID, Kind: edge.RecordVoid, At: r.At, Former: r.Former}
			any = true
		}
	}
	return any
}

// notTaken deals with a batch that brought no answer, or a refusal.
func (u *Uplink) notTaken(ctx context.Context, err error) (more bool, _ error) {
	if conflict, ok := errors.AsType[*wire.Conflict](err); ok {
		u.reached()
		return true, u.newBox(ctx, "conflict", conflict.Detail)
	}
	u.size.failed()
	return false, u.failed(ctx, err)
}

// taken compares what head office has with what the outbox knows, and takes away what it has.
func (u *Uplink) taken(ctx context.Context, place edge.Place, records []edge.Record, ack wire.Ack) (more bool, err error) {
	last := records[len(records)-1].Seq
	place.Last = max(place.Last, last) // the outbox grows while it is read
	if known, err := u.compare(ctx, place, ack.Upto); known || err != nil {
		return err == nil, err
	}
	if ack.Upto <= place.Acked {
		return u.nothingTaken(ctx, place)
	}
	u.refused = 0
	// No more than was sent just now: what it has beyond may be the records of a copy of this outbox, or of its former life,
	// under the same numbers. The next batch finds that out.
	upto := min(ack.Upto, last)
	if err := u.Store.Acknowledged(ctx, place.Box, upto); err != nil {
		return false, fmt.Errorf("noting what head office has: %w", err)
	}
	u.acknowledged(records, upto)
	return upto < place.Last, nil
}

// compare finds out by how far head office knows the outbox whether one of the two was restored from a backup, and acts
// upon it.
func (u *Uplink) compare(ctx context.Context, place edge.Place, upto uint64) (acted bool, err error) {
	switch {
	case upto > place.Last:
		// It was told records that this outbox never made: the box is a restored one, or a copy.
		return true, u.newBox(ctx, "restored", fmt.Sprintf("head office has %d records, %d were made", upto, place.Last))
	case upto < place.Acked:
		// It has lost what it said was durable.
		return true, u.offerAnew(ctx)
	}
	return false, nil
}

// patience is how many batches in a row may bring nothing before the outbox is numbered anew.
const patience = 5

// nothingTaken: head office waits for a record that is not there. That cannot be; a new numbering mends it all the same.
func (u *Uplink) nothingTaken(ctx context.Context, place edge.Place) (more bool, err error) {
	if u.refused++; u.refused < patience {
		return false, fmt.Errorf("head office took nothing after record %d and does not say why", place.Acked)
	}
	u.refused = 0
	return true, u.newBox(ctx, "stuck", fmt.Sprintf("head office took nothing after record %d", place.Acked))
}

// failed notes a call that did not succeed. When the link itself broke, erasures are asked for before the next record.
func (u *Uplink) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	u.metrics.failures.Inc()
	if _, answered := errors.AsType[*link.Refused](err); !answered {
		u.Gate.Shut()
	}
	return err
}
