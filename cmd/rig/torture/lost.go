// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"slices"

	"redbench/edge"
	"redbench/edge/seal"
	"redbench/sync/hq"
)

// An order to forget somebody outlives any disk that is lost as long as another has it: a box gives it again to a head office
// that was put back to an older copy, and head office tells a box again that was. What only a lost disk had nobody can know.

// loseOrders notes whose orders may have gone with a machine's disk: those that were given there, or, where head office has
// lost some, all that this machine alone may have kept.
func (w *world) loseOrders(m *machine) {
	w.ledger.boxLost = true
	for _, p := range w.people {
		p.lost = p.lost || w.ledger.officeLost && p.forgets > 0 || slices.Contains(m.forgot, p)
	}
}

// keptOrders are those of some orders that a box has carried out.
func (w *world) keptOrders(orders []order) map[string]bool {
	kept := map[string]bool{}
	w.tx(func(tx hq.Tx) error {
		for _, o := range orders {
			receipts, err := tx.Receipts(o.ID)
			if err != nil {
				return err
			}
			kept[o.ID] = len(receipts) > 0 && !w.ledger.boxLost
		}
		return nil
	})
	return kept
}

// loseOfficeOrders notes whose orders have gone with head office's disk.
func (w *world) loseOfficeOrders(before []order, kept map[string]bool) {
	after := w.orders()
	for _, o := range before {
		if kept[o.ID] || slices.ContainsFunc(after, func(at order) bool { return at.ID == o.ID }) {
			continue
		}
		for _, p := range w.people {
			p.lost = p.lost || slices.ContainsFunc(p.ids(), func(id edge.Identifier) bool { return w.names(o, id) })
		}
	}
}

// names reports whether an order has a tombstone of an identifier.
func (w *world) names(o order, id edge.Identifier) bool {
	return slices.ContainsFunc(w.office.seal.HashesEverywhere(id), func(h seal.Hash) bool {
		t := w.office.seal.TombstoneOf(h)
		return o.tombstones[string(t[:])]
	})
}
