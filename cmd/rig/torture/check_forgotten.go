// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"slices"

	"redbench/edge"
	"redbench/edge/seal"
	"redbench/sync/hq"
)

// order is an erasure that head office keeps.
type order struct {
	edge.Erasure
	ids        map[string]bool
	tombstones map[string]bool
}

// checkForgotten: nobody who was forgotten is anywhere, unless she said afterwards that she wants to be known.
func (w *world) checkForgotten(items []hq.FeedItem) {
	orders := w.orders()
	hidden := w.hidden()
	for _, item := range items {
		if item.Customer != nil {
			w.checkNotForgotten("head office", *item.Customer, orders, hidden)
		}
	}
	for _, m := range w.boxes {
		for _, c := range m.everything().customers {
			w.checkNotForgotten(m.name, c, orders, hidden)
		}
		w.checkOrders(m, orders)
	}
}

// checkOrders: whatever a machine has carried out, head office knows of, also when it was put back to an older copy since.
// The machine has just offered all that it holds.
func (w *world) checkOrders(m *machine, known []order) {
	kept, err := m.db.Orders(w.ctx)
	if err != nil {
		w.fail("reading the orders of %s: %v", m.name, err)
	}
	for _, o := range kept {
		if o.Erasure != nil && !slices.ContainsFunc(known, func(at order) bool { return at.ID == o.Erasure.ID }) {
			w.fail("%s has carried out order %s, which head office does not know", m.name, o.Erasure.ID)
		}
	}
}

func (w *world) orders() (all []order) {
	w.tx(func(tx hq.Tx) error {
		rows, err := tx.ErasuresAfter(0, 10_000)
		for _, r := range rows {
			o := order{Erasure: r.Order, ids: map[string]bool{}, tombstones: map[string]bool{}}
			for _, id := range r.Order.Customers {
				o.ids[id] = true
			}
			for _, t := range r.Order.Tombstones {
				o.tombstones[string(t)] = true
			}
			all = append(all, o)
		}
		return err
	})
	return all
}

// hidden gives whose each hash is that hides an identifier which is one person's alone, under every key in the world.
func (w *world) hidden() map[string]*person {
	out := map[string]*person{}
	for _, p := range w.people {
		for _, id := range p.ids() {
			for _, hash := range w.office.seal.HashesEverywhere(id) {
				out[string(hash.Sum[:])] = p
			}
			for _, m := range w.boxes {
				for _, hash := range m.seal.Hashes(id) {
					out[string(hash.Sum[:])] = p
				}
			}
		}
	}
	return out
}

func (w *world) checkNotForgotten(where string, c edge.CustomerState, orders []order, hidden map[string]*person) {
	consent := c.Fields[edge.FieldConsent]
	for _, id := range c.Identifiers {
		p := hidden[string(id.Sum)]
		if p == nil {
			continue
		}
		if p.forgets > 0 && p.chain == "" && !p.said && !p.lost && !p.alone {
			w.fail("%s was forgotten, never said that she wants to be known, and is at %s as %s", p.name(), where, c.ID)
		}
	}
	for _, o := range orders {
		if w.meant(o, c, hidden) && (consent.Rank < edge.RankTold || !consent.At.After(o.Stamp)) {
			w.fail("%s was forgotten at %s, and is at %s as %s, with consent %+v", c.Fields[edge.FieldName].Value, o.Stamp, where, c.ID, consent)
		}
	}
	for _, o := range orders {
		if o.ids[c.ID] {
			w.fail("somebody at %s has the id %s, which was forgotten", where, c.ID)
		}
	}
}

// meant reports whether an order names somebody by all that is hers alone. What it names of somebody who is known by more
// may have been given to her since: a tombstone does not stop that.
func (w *world) meant(o order, c edge.CustomerState, hidden map[string]*person) bool {
	any := false
	for _, id := range c.Identifiers {
		if hidden[string(id.Sum)] == nil {
			continue
		}
		if !w.buriedBy(o, id) {
			return false
		}
		any = true
	}
	return any
}

// buriedBy reports whether an order has the tombstone of a hash at rest. Whoever rests under a key of one box alone, which
// nobody else knew when the order was given, is found by the value of her card alone, when that is on the till.
func (w *world) buriedBy(o order, of edge.IdentifierHash) bool {
	t := w.office.seal.TombstoneOf(seal.Hash{Key: of.Key, Sum: [32]byte(of.Sum)})
	return o.tombstones[string(t[:])]
}
