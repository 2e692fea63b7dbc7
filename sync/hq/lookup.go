// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"encoding/json"
	"fmt"

	"redbench/edge"
)

// foundVisits is how many of her latest visits a store gets of somebody whom it never met.
const foundVisits = 20

// Lookup finds a customer by any of the hashes of what she showed, for a store that is told of her from now on. Nobody, and
// more than one, is edge.ErrNotFound: a household's card names nobody.
func (h *HQ) Lookup(ctx context.Context, store string, hashes []edge.IdentifierHash) (found edge.Found, err error) {
	var number int64
	err = h.view(ctx, store, func(w *work) error {
		sums := make([][]byte, len(hashes))
		for i, id := range hashes {
			sums[i] = id.Sum
		}
		numbers, err := w.owners(sums)
		if err != nil {
			return err
		}
		if len(numbers) != 1 {
			return edge.ErrNotFound
		}
		number = numbers[0]
		found, err = w.found(number)
		return err
	})
	if err != nil {
		return edge.Found{}, fmt.Errorf("looking a customer up: %w", err)
	}
	h.afterwards(func() { h.addInterest(store, number) })
	return found, nil
}

// found tells of a customer: with what was learnt only where she allows it.
func (w *work) found(number int64) (f edge.Found, err error) {
	p, err := w.person(number)
	if err != nil {
		return f, err
	}
	f.Customer = p.state
	if !remembers(p.state) {
		return f, nil
	}
	facts, err := w.tx.EntitiesOf(number, EntityFact, 0)
	if err != nil {
		return f, err
	}
	for _, e := range facts {
		state, err := w.factState(e)
		if err != nil {
			return f, err
		}
		if !state.Gone {
			f.Facts = append(f.Facts, state)
		}
	}
	visits, err := w.tx.EntitiesOf(number, EntityVisit, foundVisits)
	if err != nil {
		return f, err
	}
	for _, e := range visits {
		v, err := visitOf(e)
		if err != nil {
			return f, err
		}
		v.Customer = p.state.ID
		f.Visits = append(f.Visits, v)
	}
	return f, nil
}

// visitOf is a visit as it travels, without its customer.
func visitOf(e Entity) (v edge.VisitState, err error) {
	if err := json.Unmarshal(e.Body, &v); err != nil {
		return v, fmt.Errorf("reading a visit: %w", err)
	}
	v.ID, v.Store = e.ID, e.Store
	return v, nil
}

// addInterest notes that a store knows a customer. It comes after the answer, which must not wait for a batch that is being
// written; lost in a crash, it is made good when the store tells of her visit.
func (h *HQ) addInterest(store string, number int64) {
	err := h.update(context.Background(), store, func(w *work) error {
		if _, err := w.tx.Person(number); err != nil {
			return err // erased meanwhile: every store is told that
		}
		w.told[number] = true
		return nil
	})
	if err != nil {
		h.opt.Log.Warn("noting that a store knows a customer", "store", store, "error", err)
	}
}

// afterwards runs f beside the answer; Close waits for it.
func (h *HQ) afterwards(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return
	}
	h.running.Go(f)
}
