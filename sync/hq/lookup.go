// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"redbench/edge"
	"redbench/sync/wire"
)

// foundVisits is how many of her latest visits a store gets of somebody whom it never met.
const foundVisits = 20

// ErrHashes says that a lookup is for more than one identifier: a box asks for what one customer shows, and an identifier
// has one hash under each of the chain's keys.
var ErrHashes = errors.New("a lookup has one hash at most under each of the chain's keys")

// Lookup finds a customer by any of the hashes of what she showed, for a store that is told of her from now on. Nobody, and
// more than one, is edge.ErrNotFound: a household's card names nobody.
func (h *HQ) Lookup(ctx context.Context, store string, hashes []edge.IdentifierHash) (found edge.Found, err error) {
	var number int64
	err = h.view(ctx, store, func(w *work) error {
		sums, err := w.lookupSums(hashes)
		if err != nil {
			return err
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
		if w.leaveOut("a customer", err) {
			return edge.ErrNotFound
		}
		return err
	})
	if err != nil {
		return edge.Found{}, fmt.Errorf("looking a customer up: %w", err)
	}
	h.afterwards(func() { h.addInterest(store, number, found.Customer.ID) })
	return found, nil
}

// lookupSums are the hashes that may be looked up: those under the chain's keys, of one identifier.
func (w *work) lookupSums(hashes []edge.IdentifierHash) (sums [][]byte, err error) {
	chain := map[uint32]bool{}
	for _, k := range w.opt.Keys.ChainKeys().Identifiers {
		chain[k.ID] = true
	}
	had := map[uint32]bool{}
	for _, id := range hashes {
		if !chain[id.Key] {
			continue
		}
		if had[id.Key] {
			return nil, ErrHashes
		}
		had[id.Key] = true
		sums = append(sums, id.Sum)
	}
	return sums, nil
}

// found tells of a customer: with what was learnt only where she allows it.
func (w *work) found(number int64) (f edge.Found, err error) {
	p, err := w.person(number)
	if err != nil {
		return f, err
	}
	if f.Customer, err = w.forStore(w.store, p); err != nil {
		return f, err
	}
	if !remembers(p.state) {
		return f, nil
	}
	facts, err := w.tx.EntitiesOf(number, EntityFact, foundFacts)
	if err != nil {
		return f, err
	}
	left := foundFactBytes
	for _, e := range facts {
		if left -= len(e.Body); left < 0 {
			break
		}
		state, err := w.factState(e) // by the id that names her, which is the answer's
		if w.leaveOut("a fact", err) {
			continue
		}
		if err != nil {
			return f, err
		}
		if !state.Gone && w.travels("a fact", wire.CheckFact(&state)) {
			f.Facts = append(f.Facts, state)
		}
	}
	f.Visits, err = w.latestVisits(number, f.Customer.ID)
	return f, err
}

const (
	foundFacts      = 200       // how many of her facts come at once, the newest: what she shows is looked up while she waits
	foundFactBytes  = 256 << 10 // and how large they are together at the most, as they rest: an answer is one wire.MaxMessage
	foundVisitBytes = 128 << 10 // the same of her visits
)

// latestVisits are a customer's latest visits, the newest first, for a store that was not there.
func (w *work) latestVisits(number int64, id string) (visits []edge.VisitState, err error) {
	all, err := w.tx.EntitiesOf(number, EntityVisit, foundVisits)
	if err != nil {
		return nil, fmt.Errorf("reading visits: %w", err)
	}
	left := foundVisitBytes
	for _, e := range all {
		if left -= len(e.Body) + 200; left < 0 {
			break
		}
		v, err := visitOf(e)
		if err == nil {
			v.Customer = id
			err = wire.CheckVisit(&v)
		}
		if w.travels("a visit", err) {
			visits = append(visits, v)
		}
	}
	return visits, nil
}

// travels reports whether something can; where it cannot, that is said in the log.
func (h *HQ) travels(what string, err error) bool {
	if err != nil {
		h.opt.Log.Error(what+" cannot travel, and is left out", "error", err)
	}
	return err == nil
}

// visitOf is a visit as it travels, without its customer.
func visitOf(e Entity) (v edge.VisitState, err error) {
	if err := json.Unmarshal(e.Body, &v); err != nil {
		return v, damaged(fmt.Errorf("reading a visit: %w", err))
	}
	v.ID, v.Store = strings.TrimPrefix(e.ID, visitKey(e.Store, "")), e.Store
	return v, nil
}

// addInterest notes that a store knows a customer. It comes after the answer, which must not wait for a batch that is being
// written; lost in a crash, it is made good when the store tells of her visit.
func (h *HQ) addInterest(store string, number int64, id string) {
	err := h.update(context.Background(), store, func(w *work) error {
		if _, err := w.tx.Person(number); err != nil {
			return err // erased meanwhile: every store is told that
		}
		if err := w.resolve(id); err != nil {
			return err
		}
		w.tells(number, id)
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
