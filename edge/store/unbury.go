// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

// unbury lifts the tombstones on a customer's identifiers, or reports that she stays forgotten: nobody here has these
// identifiers, and she has not said since that she wants to be known. What somebody who is known here has is no
// forgotten customer's, and an order that names the chain's own id of somebody does not mean who has another.
func (w *work) unbury(c edge.CustomerState, known bool) (forgotten bool, err error) {
	chain, others := w.gravesOf(c)
	onChain, err := tombstonesAmong(w.ctx, w.tx, chain)
	if err != nil {
		return false, fmt.Errorf("looking for tombstones: %w", err)
	}
	on, err := tombstonesAmong(w.ctx, w.tx, others)
	if err != nil {
		return false, fmt.Errorf("looking for tombstones: %w", err)
	}
	if len(chain) > 0 {
		if err := w.dropOthers(on, latest(onChain)); err != nil {
			return false, err
		}
	}
	maps.Copy(on, onChain)
	for _, stamp := range on {
		if !known && !yields(stamp, c) {
			return true, w.orderLate(c, on)
		}
	}
	return false, w.liftTombstones(on)
}

// gravesOf are the tombstones that a customer's identifiers would have: of the chain's own id, and of the others.
func (w *work) gravesOf(c edge.CustomerState) (chain, others [][32]byte) {
	for _, i := range c.Identifiers {
		if len(i.Sum) != 32 {
			continue
		}
		graves := w.opt.Seal.TombstonesOf(seal.Hash{Key: i.Key, Sum: [32]byte(i.Sum)})
		if isChain(i) {
			chain = append(chain, graves...)
		} else {
			others = append(others, graves...)
		}
	}
	if id := c.Fields[edge.FieldChain].Value; id != "" {
		chain = append(chain, w.opt.Seal.Tombstones(edge.Identifier{Kind: edge.KindCustomer, Value: id})...)
	}
	return chain, others
}

// dropOthers leaves out of tombstones on identifiers of somebody who has an id of the chain those of orders that name another
// one: whichever means her names hers, so that hers has a tombstone of then or later.
func (w *work) dropOthers(on map[[32]byte]edge.Stamp, hers edge.Stamp) error {
	for t, stamp := range on {
		var chained bool
		if err := w.tx.QueryRowContext(w.ctx, `SELECT chained FROM tombstones WHERE hash = ?`, t[:]).Scan(&chained); err != nil {
			return fmt.Errorf("looking for tombstones: %w", err)
		}
		if chained && stamp.After(hers) {
			delete(on, t)
		}
	}
	return nil
}

// orderLate orders somebody to be forgotten everywhere who was forgotten here while this box worked alone, or as a copy of that
// time, and whom head office tells of: it never heard of that. Her tombstones are then under this box's own key alone. Who has
// another id of the chain than was forgotten is perhaps another.
func (w *work) orderLate(c edge.CustomerState, on map[[32]byte]edge.Stamp) error {
	e := erased{}
	alone := func(graves [][32]byte) bool {
		if _, told := on[graves[0]]; told || !slices.ContainsFunc(graves[1:], func(t [32]byte) bool { _, is := on[t]; return is }) {
			return false
		}
		e.tombstones = append(e.tombstones, graves[0])
		return true
	}
	chain := c.Fields[edge.FieldChain].Value
	named := chain != ""
	if named {
		e.chained = alone(w.opt.Seal.Tombstones(edge.Identifier{Kind: edge.KindCustomer, Value: chain}))
	}
	for _, i := range c.Identifiers {
		if len(i.Sum) != 32 {
			continue
		}
		is := alone(w.opt.Seal.TombstonesOf(seal.Hash{Key: i.Key, Sum: [32]byte(i.Sum)}))
		named, e.chained = named || isChain(i), e.chained || is && isChain(i)
	}
	if len(e.tombstones) == 0 || named && !e.chained {
		return nil
	}
	ids, err := idsOf(c)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making an order's id: %w", err)
	}
	e.ids = ids
	stamp := latest(on)
	return errors.Join(w.keepTombstones(stamp, e.chained, e.tombstones), w.markGone(stamp, ids...),
		w.order(edge.Order{Erasure: e.order(id.String(), w.opt.Now().UTC(), stamp)}))
}
