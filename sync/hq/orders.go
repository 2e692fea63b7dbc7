// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"redbench/edge"
)

// Orders takes what a box sends before anything else: erasures that were ordered in its store, and receipts, all or none;
// but beyond a day's number of erasures, which is a *Held, all the others. Each may come again. When it returns nil, all of it is durable, and nothing of whom an order names by an id that is known
// here is in any file of the store. Who is known by a tombstone alone has to be searched for: that goes on after the answer
// where it takes long, or head office was stopped.
func (h *HQ) Orders(ctx context.Context, store string, orders []edge.Order) error {
	waits, held := false, 0
	err := h.update(ctx, store, func(w *work) error {
		for _, o := range orders {
			if err := w.order(o); err != nil {
				return err
			}
		}
		waits, held = w.waits, w.held
		return nil
	})
	if err != nil {
		return fmt.Errorf("taking orders of store %q: %w", store, err)
	}
	if waits {
		h.searchFor(ctx, searchWithin)
	}
	return h.hold(ctx, store, held)
}

func (w *work) order(o edge.Order) error {
	switch {
	case o.Receipt != nil:
		return w.receipt(*o.Receipt)
	case o.Erasure != nil:
		return w.erasure(*o.Erasure)
	}
	return nil
}

// receipt notes that a store has carried an erasure out. One of an order that is not known here (a backup was restored)
// says nothing: the box gives the order itself, once it has seen that it has to begin anew.
func (w *work) receipt(r edge.Receipt) error {
	_, err := w.tx.Erasure(r.Erasure)
	if errors.Is(err, edge.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.tx.PutReceipt(w.store, r)
}

// erasure carries an order out, once. One that comes again may say more than it did: whoever passed it on knew more of her. One
// whose search was broken off is searched for then: its box gives it until it hears of it.
func (w *work) erasure(order edge.Erasure) error {
	before, waits, err := w.before(order.ID)
	if err != nil {
		return err
	}
	spared, err := w.tx.SparedBy(order.ID)
	if err != nil {
		return fmt.Errorf("reading whom an order spares: %w", err)
	}
	order.Tombstones = slices.DeleteFunc(slices.Clone(order.Tombstones), func(t []byte) bool {
		return slices.ContainsFunc(spared, func(each []byte) bool { return bytes.Equal(each, t) })
	})
	if len(before) > 0 {
		was := before[0]
		for _, each := range before[1:] {
			was = union(was, each)
		}
		if order = union(was, order); !saysMore(order, was) {
			w.waits = w.waits || waits
			return nil // it was taken before
		}
	}
	if taken, err := w.mayOrder(); !taken || err != nil {
		return err
	}
	if order.Stamp, err = w.hearMoment(order.Stamp); err != nil {
		return err
	}
	if order.Stamp.IsZero() { // it counts all the same, from now on
		if order.Stamp, err = w.stamp(); err != nil {
			return err
		}
	}
	return w.takeErasure(ErasureRow{Store: w.store, Taken: w.now.UnixMicro(), Order: order})
}

// takeErasure carries an order out for whom it names by id, and has its tombstones searched for: the same one may be known as
// another by what a box that worked alone did not tell. One that names nobody who is known here waits until that is done: it
// must not be passed on before, since it may name an identifier that others have, too.
func (w *work) takeErasure(row ErasureRow) error {
	numbers, err := w.named(row.Order)
	if err != nil {
		return err
	}
	if len(numbers) == 0 && len(row.Order.Tombstones) > 0 {
		// What comes late of her is kept out from now on.
		return errors.Join(w.wait(row), w.tx.PutGone(row.Order.Customers, row.Order.Stamp), w.tx.PutBuried(row.Order.Tombstones, burialBy(row.Order)))
	}
	if row.Order, err = w.carryOutFor(row, numbers); err != nil || len(row.Order.Tombstones) == 0 {
		return err
	}
	return w.wait(row) // without the tombstones of what others have, too
}

// union is an order with all that is said of it in two tellings.
func union(a, b edge.Erasure) edge.Erasure {
	a.Customers = sorted(slices.Concat(a.Customers, b.Customers))
	a.Tombstones = sortedBytes(slices.Concat(a.Tombstones, b.Tombstones))
	a.Chained = a.Chained || b.Chained
	return a
}

// saysMore reports whether an order names more than it did.
func saysMore(order, was edge.Erasure) bool {
	return len(order.Customers) > len(sorted(was.Customers)) || len(order.Tombstones) > len(sortedBytes(was.Tombstones))
}

// carryOutFor carries out what a store has ordered, and done itself, and gives the order as it was passed on.
func (w *work) carryOutFor(row ErasureRow, numbers []int64) (edge.Erasure, error) {
	order, _, err := w.carryOut(row.Order, numbers)
	if err != nil {
		return order, err
	}
	return order, w.tx.PutReceipt(row.Store, edge.Receipt{Erasure: row.Order.ID, At: row.Order.At, Found: true})
}

// named finds whom an order means by her ids.
func (w *work) named(order edge.Erasure) (numbers []int64, err error) {
	if err := w.resolve(order.Customers...); err != nil {
		return nil, err
	}
	for _, id := range order.Customers {
		if n := w.known[id].Number; n != 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers), nil
}

// before gives an order as it was taken before: as it was passed on, and as it waits to be searched for.
func (w *work) before(id string) (out []edge.Erasure, waits bool, err error) {
	row, err := w.tx.Erasure(id)
	if err == nil {
		out = append(out, row.Order)
	} else if !errors.Is(err, edge.ErrNotFound) {
		return nil, false, err
	}
	row, waits, err = w.isWaiting(id)
	if waits {
		out = append(out, row.Order)
	}
	return out, waits, err
}

// isWaiting gives an order as it waits to be searched for.
func (w *work) isWaiting(id string) (row ErasureRow, is bool, err error) {
	if w.unsearched == nil {
		rows, err := w.tx.Waiting()
		if err != nil {
			return row, false, fmt.Errorf("reading orders that wait: %w", err)
		}
		w.unsearched = make(map[string]ErasureRow, len(rows))
		for _, r := range rows {
			w.unsearched[r.Order.ID] = r
		}
	}
	row, is = w.unsearched[id]
	return row, is, nil
}

// wait has an order searched for.
func (w *work) wait(row ErasureRow) error {
	w.waits = true
	if w.unsearched != nil {
		w.unsearched[row.Order.ID] = row
	}
	return w.tx.PutWaiting(row)
}
