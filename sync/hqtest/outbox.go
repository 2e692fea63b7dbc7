// SPDX-License-Identifier: Apache-2.0

package hqtest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"redbench/edge"
)

// Place is as in the store.
func (b *Box) Place(context.Context) (edge.Place, error) {
	if err := b.begin("Place"); err != nil {
		return edge.Place{}, err
	}
	defer b.mu.Unlock()
	return b.place, nil
}

// Pending is as in the store; it does not look at bytes.
func (b *Box) Pending(_ context.Context, after uint64, limit, _ int) (records []edge.Record, err error) {
	if err := b.begin("Pending"); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	prev := after
	for _, row := range b.rows {
		if row.Seq > after && len(records) < limit {
			row.Prev = prev
			records = append(records, row)
			prev = row.Seq
			b.lent = max(b.lent, row.Seq)
		}
	}
	return records, nil
}

// Trying is as in the store.
func (b *Box) Trying(_ context.Context, upto uint64) error {
	if err := b.begin("Trying"); err != nil {
		return err
	}
	defer b.mu.Unlock()
	b.tried = max(b.tried, upto)
	return nil
}

// Acknowledged is as in the store.
func (b *Box) Acknowledged(_ context.Context, box string, upto uint64) error {
	if err := b.begin("Acknowledged"); err != nil {
		return err
	}
	defer b.mu.Unlock()
	if box != b.place.Box || upto <= b.place.Acked {
		return nil
	}
	if upto > b.tried {
		return fmt.Errorf("record %d was never sent", upto)
	}
	b.place.Acked = upto
	for len(b.rows) > 0 && b.rows[0].Seq <= upto {
		b.rows = b.rows[1:]
	}
	return nil
}

// Backlog is as in the store.
func (b *Box) Backlog(context.Context) (edge.Backlog, error) {
	if err := b.begin("Backlog"); err != nil {
		return edge.Backlog{}, err
	}
	defer b.mu.Unlock()
	backlog := edge.Backlog{Records: len(b.rows), Orders: len(b.orders), Offering: b.offered >= 0}
	if len(b.rows) > 0 {
		backlog.Oldest = b.rows[0].At
	}
	return backlog, nil
}

// NewBox is as in the store.
func (b *Box) NewBox(context.Context) (edge.Place, error) {
	if err := b.begin("NewBox"); err != nil {
		return edge.Place{}, err
	}
	defer b.mu.Unlock()
	for i := range b.rows {
		b.rows[i].Seq = uint64(i) + 1
	}
	b.place, b.tried, b.lent = edge.Place{Box: newID(), Last: uint64(len(b.rows)), Former: append(slices.Clone(b.place.Former), b.place.Box)}, 0, 0
	b.boxes++
	b.kick()
	return b.place, nil
}

// roomFor is how many records make a box's outbox full.
const roomFor = 60

// Offer is as in the store: ten visits a step, and none while the outbox is full.
func (b *Box) Offer(ctx context.Context, progress func(edge.ImportProgress)) error {
	if err := b.begin("Offer"); err != nil {
		return err
	}
	b.offered = max(b.offered, 0)
	b.mu.Unlock()
	for more := true; more; {
		if err := b.begin("Offer"); err != nil {
			return err
		}
		full := len(b.rows) > roomFor
		if !full {
			more = b.offerSome(10)
		}
		b.mu.Unlock()
		if !full {
			progress(edge.ImportProgress{})
			continue
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (b *Box) offerSome(n int) (more bool) {
	waiting := map[string]bool{}
	for _, row := range b.rows {
		waiting[row.Visit.ID] = true
	}
	for ; n > 0 && b.offered < len(b.visits); n-- {
		if v := b.visits[b.offered]; !waiting[v.ID] {
			b.put(v)
		}
		b.offered++
	}
	b.kick()
	if b.offered < len(b.visits) {
		return true
	}
	b.offered = -1
	return false
}

// Orders is as in the store.
func (b *Box) Orders(context.Context) ([]edge.Order, error) {
	if err := b.begin("Orders"); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	return append([]edge.Order(nil), b.orders...), nil
}

// Ordered is as in the store.
func (b *Box) Ordered(_ context.Context, ids []string) error {
	if err := b.begin("Ordered"); err != nil {
		return err
	}
	defer b.mu.Unlock()
	gone := map[string]bool{}
	for _, id := range ids {
		gone[id] = true
	}
	var left []edge.Order
	for _, o := range b.orders {
		if !gone[o.ID()] {
			left = append(left, o)
		}
	}
	b.orders = left
	return nil
}

// Changed is as in the store.
func (b *Box) Changed() <-chan struct{} { return b.changed }
