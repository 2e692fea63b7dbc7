// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

// Forgotten is what an order to forget did here.
type Forgotten struct {
	Erasure string `json:"erasure"` // the order's id
	Known   bool   `json:"known"`   // she was known here
	Stores  int    `json:"stores"`  // how many owe a receipt now
}

// Forget orders the customer with this identifier to be forgotten everywhere, whether she is known here or not: a box may
// hold somebody of whom it has not told yet. An identifier that several customers share is edge.ErrAmbiguous. When it
// returns nil, nothing of her is in any file of the store.
func (h *HQ) Forget(ctx context.Context, id edge.Identifier) (Forgotten, error) {
	var done Forgotten
	err := h.update(ctx, "", func(w *work) error {
		order, err := w.orderFor(id)
		if err != nil {
			return err
		}
		hashes := make([][]byte, 0, 4)
		for _, h := range w.opt.Keys.HashesEverywhere(id) {
			hashes = append(hashes, h.Sum[:])
		}
		numbers, err := w.owners(hashes)
		if err != nil {
			return err
		}
		if len(numbers) > 1 {
			return edge.ErrAmbiguous
		}
		done = Forgotten{Erasure: order.ID, Known: len(numbers) > 0}
		_, done.Stores, err = w.carryOut(order, numbers)
		return err
	})
	if err != nil {
		return done, fmt.Errorf("forgetting a customer: %w", err)
	}
	return done, nil
}

// orderFor makes the order to forget who has an identifier, under every key that any box may know her by.
func (w *work) orderFor(id edge.Identifier) (edge.Erasure, error) {
	at, err := w.stamp()
	if err != nil {
		return edge.Erasure{}, err
	}
	order := edge.Erasure{ID: newID(), At: w.now.UTC(), Stamp: at}
	return order, w.entomb(&order, id)
}

// entomb adds the tombstones of an identifier whose value is known, under every key that any box may know it by.
func (w *work) entomb(order *edge.Erasure, id edge.Identifier) error {
	if err := w.knowElsewhere(); err != nil {
		return err
	}
	t := w.opt.Keys.Tombstone(id)
	order.Tombstones = append(order.Tombstones, t[:])
	order.Chained = order.Chained || id.Kind == edge.KindCustomer
	for _, h := range w.opt.Keys.HashesEverywhere(id) {
		t := w.opt.Keys.TombstoneOf(h)
		order.Tombstones = append(order.Tombstones, t[:])
	}
	return nil
}

// knowElsewhere has the keys of boxes that worked alone once at hand; a process that did not enrol them does not know them yet.
func (w *work) knowElsewhere() error {
	if w.knowsElsewhere {
		return nil
	}
	elsewhere, err := w.elsewhere()
	if err != nil {
		return err
	}
	w.knowsElsewhere = true
	return w.opt.Keys.KnowElsewhere(elsewhere)
}

// owners are who has any of some hashes.
func (w *work) owners(hashes [][]byte) (numbers []int64, err error) {
	all, err := w.tx.Owners(hashes)
	if err != nil {
		return nil, fmt.Errorf("looking identifiers up: %w", err)
	}
	for _, owners := range all {
		numbers = append(numbers, owners...)
	}
	slices.Sort(numbers)
	return slices.Compact(numbers), nil
}

// carryOut takes customers out and passes the order on, enlarged by all that is known here to name them: it gives that, and how
// many stores owe a receipt for it.
func (w *work) carryOut(order edge.Erasure, numbers []int64) (enlarged edge.Erasure, stores int, err error) {
	for _, number := range numbers {
		out := w.takeOut
		if p, err := w.person(number); err == nil && consentsAfter(p.state, order.Stamp) {
			out = w.underAnotherID
		}
		if err := out(number, &order, numbers); err != nil {
			return order, 0, err
		}
	}
	order.Customers = sorted(order.Customers)
	order.Tombstones = sortedBytes(order.Tombstones)
	if err := errors.Join(w.tx.PutGone(order.Customers, order.Stamp), w.tx.PutBuried(order.Tombstones, burialBy(order))); err != nil {
		return order, 0, fmt.Errorf("keeping an order to forget: %w", err)
	}
	for _, part := range parts(order) {
		if stores, err = w.passOn(part); err != nil {
			return order, 0, err
		}
	}
	return order, stores, nil
}

// passOn keeps an order for all stores, and tells how many owe a receipt for it.
func (w *work) passOn(order edge.Erasure) (stores int, err error) {
	pos, err := w.next()
	if err != nil {
		return 0, err
	}
	w.erase = true
	err = errors.Join(
		w.tx.PutErasure(ErasureRow{Pos: pos, Store: w.store, Taken: w.now.UnixMicro(), Order: order}),
		w.tx.PutEntities([]Entity{{Pos: pos, Kind: EntityErasure, ID: order.ID, Store: w.store, At: w.now.UnixMicro()}}),
	)
	if err != nil {
		return 0, fmt.Errorf("keeping an order to forget: %w", err)
	}
	return w.owe(order.ID)
}

// owe notes that every enrolled store owes a receipt.
func (w *work) owe(erasure string) (stores int, err error) {
	all, err := w.tx.Stores()
	if err != nil {
		return 0, err
	}
	for _, s := range all {
		if s.Enrolled.IsZero() || !s.Revoked.IsZero() {
			continue
		}
		w.stores[s.ID] = true
		stores++
		if err := w.tx.Owe(s.ID, []string{erasure}, w.now.UnixMicro()); err != nil {
			return 0, fmt.Errorf("noting who owes a receipt: %w", err)
		}
	}
	return stores, nil
}

// underAnotherID takes a customer out, and keeps her as another, whom an order names that was given before she said that she
// wants to be known. So does a box: the ids that she had are a forgotten customer's everywhere, and what was learnt with them
// is forgotten. A box that knows what was learnt since tells it anew.
func (w *work) underAnotherID(number int64, order *edge.Erasure, together []int64) error {
	p, err := w.person(number)
	if err != nil {
		return err
	}
	state := p.state
	stores, err := w.tx.Interested(number)
	if err == nil {
		err = w.takeOut(number, order, together)
	}
	if err != nil {
		return err
	}
	state.ID, state.Also, state.Unlearnt = newID(), nil, later(state.Unlearnt, order.Stamp)
	if p, err = w.newPerson(state); err != nil {
		return err
	}
	for _, store := range stores {
		if _, err := w.tx.AddInterest(store, []Calling{{Number: p.number, ID: state.ID}}); err != nil {
			return fmt.Errorf("noting who knows a customer: %w", err)
		}
		if err := w.tellCustomer(store, p.number, false); err != nil {
			return err
		}
	}
	return nil
}

// takeOut deletes a customer with everything that belongs to her, and adds what names her to the order. It opens nothing
// that it cannot do without, so that a damaged record can be erased too.
func (w *work) takeOut(number int64, order *edge.Erasure, together []int64) error {
	ids, err := w.tx.IDsOf(number)
	if err != nil {
		return fmt.Errorf("erasing a customer: %w", err)
	}
	order.Customers = append(order.Customers, ids...)
	if err := w.buryAll(number, order, together); err != nil {
		return err
	}
	if p, err := w.person(number); err == nil && p.state.Fields[edge.FieldChain].Value != "" {
		if err := w.entomb(order, edge.Identifier{Kind: edge.KindCustomer, Value: p.state.Fields[edge.FieldChain].Value}); err != nil {
			return err
		}
	}
	delete(w.people, number)
	for _, id := range ids {
		w.known[id], w.gone[id] = Known{}, order.Stamp
	}
	facts, err := w.idsOf(number, EntityFact)
	if err != nil {
		return err
	}
	outcomes, err := w.idsOf(number, EntityOutcome)
	if err != nil {
		return err
	}
	void, err := w.idsOf(number, EntityVoid)
	if err != nil {
		return err
	}
	self := []string{decimal(number)}
	err = errors.Join(
		w.makeStrange(number, math.MaxInt64), w.tx.DeleteEntities(EntityVoid, void),
		w.tx.DeleteEntities(EntityFact, facts), w.tx.DeleteChanges(edge.ChangeFact, facts), w.tx.DeleteEntities(EntityOutcome, outcomes),
		w.tx.DeleteEntities(EntityCustomer, self), w.tx.DeleteChanges(edge.ChangeCustomer, self),
		w.tx.DeletePerson(number),
	)
	if err != nil {
		return fmt.Errorf("erasing a customer: %w", err)
	}
	return nil
}

func (w *work) idsOf(number int64, kind EntityKind) ([]string, error) {
	all, err := w.tx.EntitiesOf(number, kind, 0)
	if err != nil {
		return nil, fmt.Errorf("erasing a customer: %w", err)
	}
	ids := make([]string, len(all))
	for i, e := range all {
		ids[i] = e.ID
	}
	return ids, nil
}

// buryAll adds the tombstones of a customer's identifiers. One that somebody else has too stays out, also where the order
// came with it: a box would forget the other for it.
func (w *work) buryAll(number int64, order *edge.Erasure, together []int64) error {
	all, err := w.tx.IdentifiersOf(number)
	if err != nil {
		return fmt.Errorf("erasing a customer: %w", err)
	}
	hashes := make([][]byte, len(all))
	for i, id := range all {
		hashes[i] = id.Sum
	}
	owners, err := w.tx.Owners(hashes)
	if err != nil {
		return fmt.Errorf("erasing a customer: %w", err)
	}
	for _, id := range all {
		h, err := hash(id)
		if err != nil {
			return err
		}
		t := w.opt.Keys.TombstoneOf(h)
		shared := slices.ContainsFunc(owners[string(id.Sum)], func(n int64) bool { return !slices.Contains(together, n) })
		if shared {
			if err := w.spareFrom(order, t[:]); err != nil {
				return err
			}
			continue
		}
		order.Tombstones = append(order.Tombstones, t[:])
	}
	return nil
}

// spareFrom takes a tombstone out of an order, for good: somebody else has the identifier too, and should she be the only one
// later, the same order given again must not find her by it.
func (w *work) spareFrom(order *edge.Erasure, t []byte) error {
	order.Tombstones = slices.DeleteFunc(slices.Clone(order.Tombstones), func(each []byte) bool { return bytes.Equal(each, t) })
	if err := w.tx.Spare(order.ID, [][]byte{t}); err != nil {
		return fmt.Errorf("sparing who shares an identifier: %w", err)
	}
	return nil
}

// OwedErasure is an erasure that a store has not confirmed.
type OwedErasure struct {
	Store   string    `json:"store"`
	Erasure string    `json:"erasure"`
	Since   time.Time `json:"since"`
}

// Owing lists which store owes the receipt of which erasure, the longest owed first. A revoked store owes nothing.
func (h *HQ) Owing(ctx context.Context) (out []OwedErasure, err error) {
	err = h.view(ctx, "", func(w *work) error {
		rows, err := w.tx.Owing("")
		for _, r := range rows {
			out = append(out, OwedErasure{Store: r.Store, Erasure: r.Erasure, Since: time.UnixMicro(r.Since).UTC()})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing what stores owe: %w", err)
	}
	return out, nil
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func sorted(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return slices.Compact(texts)
}

func sortedBytes(all [][]byte) [][]byte {
	all = slices.Clone(all)
	slices.SortFunc(all, slices.Compare)
	return slices.CompactFunc(all, func(a, b []byte) bool { return slices.Equal(a, b) })
}

// tombstoneOf is a tombstone of an identifier as it rests.
func (w *work) tombstoneOf(h seal.Hash) string {
	t := w.opt.Keys.TombstoneOf(h)
	return string(t[:])
}
