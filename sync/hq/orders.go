// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"redbench/edge"
)

// Orders takes what a box sends before anything else: erasures that were ordered in its store, and receipts. Each may come
// again. When it returns nil, nothing of whom it erased is in any file of the store.
func (h *HQ) Orders(ctx context.Context, store string, orders []edge.Order) error {
	for _, o := range orders {
		if err := h.order(ctx, store, o); err != nil {
			return fmt.Errorf("taking an order of store %q: %w", store, err)
		}
	}
	return nil
}

func (h *HQ) order(ctx context.Context, store string, o edge.Order) error {
	if o.Receipt != nil {
		return h.update(ctx, store, func(w *work) error { return w.receipt(*o.Receipt) })
	}
	if o.Erasure == nil {
		return nil
	}
	search, err := h.search(ctx, *o.Erasure)
	if err != nil {
		return err
	}
	return h.update(ctx, store, func(w *work) error { return w.erasure(*o.Erasure, search) })
}

// receipt notes that a store has carried an erasure out. One of an order that is not known here (a backup was restored)
// says nothing.
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

func (w *work) erasure(order edge.Erasure, s *search) error {
	_, err := w.tx.Erasure(order.ID)
	if err == nil {
		return nil // it was taken before
	}
	if !errors.Is(err, edge.ErrNotFound) {
		return err
	}
	if err := w.see(order.Stamp); err != nil {
		return err
	}
	numbers, err := w.meant(order, s)
	if err != nil {
		return err
	}
	if _, err := w.carryOut(order, numbers); err != nil {
		return err
	}
	return w.tx.PutReceipt(w.store, edge.Receipt{Erasure: order.ID, At: order.At, Found: true})
}

// meant finds whom an order means: by her ids, and where none of them is known here by the tombstones.
func (w *work) meant(order edge.Erasure, s *search) ([]int64, error) {
	if err := w.resolve(order.Customers...); err != nil {
		return nil, err
	}
	var numbers []int64
	for _, id := range order.Customers {
		if n := w.known[id].Number; n != 0 {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) == 0 && s != nil {
		for more := true; more; {
			var err error
			if more, err = w.searchOn(s); err != nil {
				return nil, err
			}
		}
		if err := w.alone(s, order.Stamp, &numbers); err != nil {
			return nil, err
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers), nil
}

// search looks for tombstones among all identifiers. They cannot be looked up: the list of the forgotten is made so that
// nobody can join it with those in use. So each identifier's tombstone is made, in steps; most of it before the transaction
// that writes, which looks only at what came since.
type search struct {
	wanted map[string]bool
	row    int64 // searched up to here
	found  [][]byte
}

// searchStep is how many identifiers one step looks at: a few milliseconds.
const searchStep = 5000

// search begins a search where it is needed; nil: an id of hers is known.
func (h *HQ) search(ctx context.Context, order edge.Erasure) (*search, error) {
	s := &search{wanted: make(map[string]bool, len(order.Tombstones))}
	for _, t := range order.Tombstones {
		s.wanted[string(t)] = true
	}
	needed := false
	err := h.view(ctx, "", func(w *work) error {
		known, err := w.tx.Numbers(order.Customers)
		needed = len(known) == 0
		return err
	})
	for more := needed && err == nil; more && err == nil; {
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
		if s.wanted[w.tombstoneOf(h)] {
			s.found = append(s.found, r.Hash.Sum)
		}
		s.row = r.Row
	}
	return len(rows) == searchStep, nil
}

// alone adds who has a found identifier alone. A shared one names nobody, and who has said since the order was given that
// she wants to be known is not meant: after a backup was restored her new consent may come before the order does.
func (w *work) alone(s *search, order edge.Stamp, numbers *[]int64) error {
	owners, err := w.tx.Owners(s.found)
	if err != nil {
		return fmt.Errorf("looking identifiers up: %w", err)
	}
	for _, each := range owners {
		if len(each) != 1 {
			continue
		}
		if p, err := w.person(each[0]); err == nil && consentsAfter(p.state, order) {
			continue
		}
		*numbers = append(*numbers, each[0]) // a damaged record, too
	}
	return nil
}
