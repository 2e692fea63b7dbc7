// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"errors"
	"testing"
	"time"

	"redbench/edge"
	"redbench/sync/hq"
)

// A store that was taken over does not empty the chain in a night.
func TestOrdersOfADayAreBounded(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	var orders []edge.Order
	for range 250 {
		e := edge.Erasure{ID: newID(), At: noon, Stamp: b[0].stamp(), Customers: []string{newID()}}
		orders = append(orders, edge.Order{Erasure: &e})
	}
	send := func(b *box, orders ...edge.Order) (held int) {
		t.Helper()
		err := o.Orders(t.Context(), b.store, orders)
		if h, is := errors.AsType[*hq.Held](err); is {
			return h.Orders
		}
		must(t, err)
		return 0
	}
	if got := send(b[0], orders[:150]...); got != 0 {
		t.Errorf("%d held of the first 150", got)
	}
	receipt := edge.Order{Receipt: &edge.Receipt{Erasure: orders[0].Erasure.ID, At: noon}}
	if got := send(b[0], append(orders[100:], receipt)...); got != 50 { // 50 of them come again, and count once
		t.Errorf("%d held, want 50", got)
	}
	if got := len(b[1].changes()); got != 200 {
		t.Errorf("%d orders are told, want 200", got)
	}
	views, err := o.Stores(t.Context())
	must(t, err)
	if !views[0].OrdersHeld || views[1].OrdersHeld {
		t.Errorf("people are told %v of harbour, %v of station", views[0].OrdersHeld, views[1].OrdersHeld)
	}
	other := edge.Erasure{ID: newID(), At: noon, Stamp: b[1].stamp(), Customers: []string{newID()}}
	if got := send(b[1], edge.Order{Erasure: &other}); got != 0 {
		t.Error("another store's order is held")
	}
	o.clock.forward(24 * time.Hour)
	if got := send(b[0], orders...); got != 0 {
		t.Errorf("the next day: %d held", got)
	}
	fresh := map[string]bool{}
	for _, c := range b[1].changes() { // which gave no receipt of those of the day before, and is reminded of them
		fresh[c.Erasure.ID] = true
	}
	for _, o := range orders[:200] {
		delete(fresh, o.Erasure.ID)
	}
	if got := len(fresh); got != 51 {
		t.Errorf("%d orders are told the next day, want 51", got)
	}
}
