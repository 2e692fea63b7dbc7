// SPDX-License-Identifier: Apache-2.0

package hqtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
)

// Box is a box's outbox and inbox in memory. Each method is a transaction, as in the real store. It is safe for
// concurrent use.
type Box struct {
	Broken func(method string) error // an error for a method to fail with before it does anything; nil: none

	mu      sync.Mutex
	place   edge.Place
	tried   uint64
	lent    uint64        // the highest that Pending gave: it may be on its way
	rows    []edge.Record // Prev is filled in when they are read
	visits  []edge.VisitState
	orders  []edge.Order
	changed chan struct{}
	boxes   int
	offered int // visits of an offer under way that are in the outbox; -1: none
	cursor  string
	asked   time.Time
	applied []edge.Change
}

// NewBox makes an empty one.
func NewBox() *Box {
	return &Box{place: edge.Place{Box: newID()}, changed: make(chan struct{}, 1), offered: -1, boxes: 1}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func (b *Box) begin(method string) error {
	if b.Broken != nil {
		if err := b.Broken(method); err != nil {
			return err
		}
	}
	b.mu.Lock()
	return nil
}

// Visit adds a visit of nobody and the record of it, and gives its id.
func (b *Box) Visit(at time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	id := newID()
	v := edge.VisitState{ID: id, At: at, Lane: "1", Checkout: fmt.Sprint("c", len(b.visits)+1),
		Items: []edge.Item{{SKU: "4711", Name: "Oat flat white", Quantity: 1, AmountMinor: 390}}, Total: edge.Money{Minor: 390, Currency: "EUR"}}
	b.visits = append(b.visits, v)
	b.put(v)
	b.kick()
	return id
}

func (b *Box) put(v edge.VisitState) {
	b.place.Last++
	b.rows = append(b.rows, edge.Record{Seq: b.place.Last, ID: newID(), Kind: edge.RecordVisit, At: v.At, Visit: &v})
}

func (b *Box) kick() {
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// Take takes a record that was never sent out of the outbox, as forgetting and a full outbox do, and reports whether
// there was one. The visit is not to be told any more.
func (b *Box) Take() (visit string, taken bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, row := range b.rows {
		if row.Seq > max(b.tried, b.lent) {
			visit = row.Visit.ID
			b.rows = slices.Delete(b.rows, i, i+1)
			b.visits = slices.DeleteFunc(b.visits, func(v edge.VisitState) bool { return v.ID == visit })
			return visit, true
		}
	}
	return "", false
}

// Spoil makes the last visit that waits one that no line can carry, and gives its id.
func (b *Box) Spoil() (visit string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	last := &b.rows[len(b.rows)-1]
	spoilt := *last.Visit
	spoilt.Checkout = strings.Repeat("x", 2<<20)
	last.Visit = &spoilt
	return spoilt.ID
}

// Order adds an order.
func (b *Box) Order(o edge.Order) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders = append(b.orders, o)
	b.kick()
}

// Backup gives a box as this one is now, to be used in its place later.
func (b *Box) Backup() *Box {
	b.mu.Lock()
	defer b.mu.Unlock()
	return &Box{place: b.place, tried: b.tried, rows: slices.Clone(b.rows), visits: slices.Clone(b.visits), orders: slices.Clone(b.orders),
		changed: make(chan struct{}, 1), boxes: b.boxes, offered: b.offered, cursor: b.cursor, asked: b.asked, applied: slices.Clone(b.applied)}
}

// Visits are the ids of all visits that the box holds.
func (b *Box) Visits() (ids []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, v := range b.visits {
		ids = append(ids, v.ID)
	}
	return ids
}

// Boxes is how many box ids it has had.
func (b *Box) Boxes() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.boxes
}

// Applied are the changes that were applied, in their order.
func (b *Box) Applied() []edge.Change {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.applied)
}

// Cursor is as in the store.
func (b *Box) Cursor(context.Context) (string, time.Time, error) {
	if err := b.begin("Cursor"); err != nil {
		return "", time.Time{}, err
	}
	defer b.mu.Unlock()
	return b.cursor, b.asked, nil
}

// Apply is as in the store.
func (b *Box) Apply(_ context.Context, page edge.Page) (edge.Applied, error) {
	if err := b.begin("Apply"); err != nil {
		return edge.Applied{}, err
	}
	defer b.mu.Unlock()
	b.applied = append(b.applied, page.Changes...)
	b.cursor = page.Cursor
	return edge.Applied{}, nil
}

// StartOver is as in the store.
func (b *Box) StartOver(context.Context) error {
	if err := b.begin("StartOver"); err != nil {
		return err
	}
	defer b.mu.Unlock()
	b.cursor, b.offered = "", 0
	return nil
}

// Asked is as in the store.
func (b *Box) Asked(_ context.Context, at time.Time) error {
	if err := b.begin("Asked"); err != nil {
		return err
	}
	defer b.mu.Unlock()
	b.asked = at
	return nil
}
