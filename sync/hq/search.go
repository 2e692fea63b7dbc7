// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"redbench/edge"
)

const (
	// searchStep is how many identifiers one step looks at: a few milliseconds.
	searchStep = 5000
	// searchWithin is how long a box waits for a search: most are over at once, and a box gives up after 30 s of silence.
	searchWithin = 5 * time.Second
)

// search looks for the tombstones of all orders that wait among all identifiers, in one pass. They cannot be looked up: the
// list of the forgotten is made so that nobody can join it with those in use. So each identifier's tombstone is made, in
// steps; most of it before the transaction that writes, which looks only at what came since.
type search struct {
	orders []ErasureRow
	wanted map[string][]int // which orders have a tombstone
	row    int64            // searched up to here
	found  [][][]byte       // by order
}

// searchFor has the orders that wait searched for, and returns when that is done, or after a time: it then goes on.
func (h *HQ) searchFor(ctx context.Context, most time.Duration) {
	done := make(chan struct{})
	h.mu.Lock()
	closing := h.closing
	h.mu.Unlock()
	if closing {
		return // the next start goes on
	}
	h.afterwards(func() {
		defer close(done)
		if err := h.searchAll(context.WithoutCancel(ctx)); err != nil {
			h.opt.Log.Error("searching for customers who are to be forgotten; it is tried again when a box gives such an order again, and within the hour", "error", err)
		}
	})
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// searchAll searches until no order waits. When it returns nil, nothing of whom they mean is in any file of the store.
func (h *HQ) searchAll(ctx context.Context) error {
	h.searching.Lock()
	defer h.searching.Unlock()
	for {
		s, err := h.search(ctx)
		if err != nil || s == nil {
			return err
		}
		if err := h.update(ctx, "", func(w *work) error { return w.searched(s) }); err != nil {
			return fmt.Errorf("carrying out orders to forget: %w", err)
		}
	}
}

// search goes through all identifiers for the orders that wait now; nil: none does.
func (h *HQ) search(ctx context.Context) (*search, error) {
	s := &search{wanted: map[string][]int{}}
	err := h.view(ctx, "", func(w *work) (err error) {
		s.orders, err = w.tx.Waiting()
		return err
	})
	if err != nil || len(s.orders) == 0 {
		return nil, err
	}
	s.found = make([][][]byte, len(s.orders))
	for i, row := range s.orders {
		for _, t := range row.Order.Tombstones {
			s.wanted[string(t)] = append(s.wanted[string(t)], i)
		}
	}
	for more := true; more && err == nil; {
		err = h.view(ctx, "", func(w *work) (err error) {
			more, err = w.searchOn(s)
			return err
		})
	}
	return s, err
}

func (w *work) searchOn(s *search) (more bool, err error) {
	rows, err := w.tx.IdentifiersAfter(s.row, searchStep)
	if err != nil {
		return false, fmt.Errorf("searching for tombstones: %w", err)
	}
	for _, r := range rows {
		h, err := hash(r.Hash)
		if err != nil {
			return false, err
		}
		for _, i := range s.wanted[w.tombstoneOf(h)] {
			s.found[i] = append(s.found[i], r.Hash.Sum)
		}
		s.row = r.Row
	}
	return len(rows) == searchStep, nil
}

// searched carries the orders of a search out.
func (w *work) searched(s *search) error {
	for more := true; more; {
		var err error
		if more, err = w.searchOn(s); err != nil {
			return err
		}
	}
	for i, row := range s.orders {
		numbers, err := w.named(row.Order)
		if err != nil {
			return err
		}
		if err := w.alone(s.found[i], row.Order, &numbers); err != nil {
			return err
		}
		slices.Sort(numbers)
		w.store = row.Store // who has ordered it
		enlarged, err := w.carryOutFound(row, slices.Compact(numbers))
		if err != nil {
			return err
		}
		if err := w.searchedFor(row, enlarged); err != nil {
			return fmt.Errorf("carrying out orders to forget: %w", err)
		}
	}
	w.store = ""
	return nil
}

// searchedFor ends the waiting of an order, unless it has come to say more since the search began, or by whom the search has
// found: what she had names her elsewhere, and may name somebody here who was told of apart. That is searched for next.
func (w *work) searchedFor(row ErasureRow, enlarged edge.Erasure) error {
	now, waits, err := w.isWaiting(row.Order.ID)
	if err != nil {
		return err
	}
	searched := row.Order
	more := len(union(searched, enlarged).Tombstones) > len(sortedBytes(searched.Tombstones))
	if row.Order = enlarged; waits {
		more = more || saysMore(union(searched, now.Order), searched)
		row.Order = union(enlarged, now.Order)
	}
	if more {
		return w.wait(row)
	}
	return w.tx.DeleteWaiting(row.Order.ID)
}

// carryOutFound carries an order out for whom the search has found. One that was passed on already, for whom it names by id, is
// passed on again where it has come to name more. It gives the order as it then is.
func (w *work) carryOutFound(row ErasureRow, numbers []int64) (enlarged edge.Erasure, err error) {
	before, err := w.tx.Erasure(row.Order.ID)
	switch {
	case errors.Is(err, edge.ErrNotFound):
	case err != nil, len(numbers) == 0:
		return row.Order, err
	default:
		row.Order = union(before.Order, row.Order)
	}
	return w.carryOutFor(row, numbers)
}

// alone adds who has a found identifier alone. A shared one names nobody. Who has another id of the chain than the order names
// is not meant, nor is who has said since the order was given that she wants to be known: after a backup was restored her
// new consent may come before the order does.
func (w *work) alone(found [][]byte, order edge.Erasure, numbers *[]int64) error {
	owners, err := w.tx.Owners(found)
	if err != nil {
		return fmt.Errorf("looking identifiers up: %w", err)
	}
	for _, each := range owners {
		if len(each) != 1 {
			continue
		}
		if p, err := w.person(each[0]); err == nil {
			if w.another(p.state, order) {
				continue
			}
			if consentsAfter(p.state, order.Stamp) {
				if err := w.learnAnewAfter(p, order.Stamp); err != nil {
					return err
				}
				continue
			}
		}
		*numbers = append(*numbers, each[0]) // a damaged record, too
	}
	return nil
}

// learnAnewAfter takes back what was learnt of somebody before an order to forget her, who has said since that she wants to be
// known: so does a box. It may have been told before the order was.
func (w *work) learnAnewAfter(p *person, order edge.Stamp) error {
	if !order.After(p.state.Unlearnt) {
		return nil
	}
	p.state.Unlearnt = order
	return w.keep(p)
}

// another reports whether somebody has another id of the chain than an order names.
func (w *work) another(s edge.CustomerState, order edge.Erasure) bool {
	chain := s.Fields[edge.FieldChain].Value
	if !order.Chained || chain == "" {
		return false
	}
	t := w.opt.Keys.Tombstone(edge.Identifier{Kind: edge.KindCustomer, Value: chain})
	return !slices.ContainsFunc(order.Tombstones, func(each []byte) bool { return string(each) == string(t[:]) })
}
