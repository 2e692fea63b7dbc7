// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"redbench/edge"
)

// Orders are erasures that were ordered here, and receipts of those that were ordered elsewhere. They are sent before
// anything else, and rest sealed: the tombstones in them are under the chain's key, which many hold.
//
// Every erasure that was carried out here is kept, whoever ordered it: a head office that is put back to an older copy has
// lost it, and would tell the whole chain of her again. It holds nothing of her but ids and tombstones.

// inChain reports whether there is a head office to be told whom to forget: also between taking the chain's keys over and the
// start of the outbox, where an enrolment was cut off, or a copy of the disk is from.
func (w *work) inChain() bool {
	_, is := w.opt.Seal.Chain()
	return is || w.outbox.on.Load()
}

// How far an order is, as it rests. Head office tells an order to whoever gave it, too: with the cursor of that page the box would notice that
// an older copy was put back which does not have it. Until then it gives the order again.
const (
	orderWaits = iota
	orderTold
	orderHeard
	orderAgain // heard, and to be given again without hearing it again
	orderAlone // of a box that worked alone: it is told to nobody, and kept for backups that are from before it
)

// order keeps an order for head office. A box that is not enrolled has nobody to tell.
func (w *work) order(o edge.Order) error {
	if !w.inChain() {
		return nil
	}
	return w.keepOrder(o, orderWaits)
}

// keepOrder keeps an order, and how far it is.
func (w *work) keepOrder(o edge.Order, told int) error {
	plain, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("keeping an order: %w", err)
	}
	id := o.ID()
	err = w.exec(`INSERT INTO orders (id, body, at, told) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body, told = CASE excluded.told WHEN ? THEN told ELSE excluded.told END`,
		id, w.opt.Seal.SealOwn("order "+id, plain), w.opt.Now().UnixMicro(), told, orderWaits)
	if err != nil {
		return fmt.Errorf("keeping an order: %w", err)
	}
	w.kick = w.kick || told == orderWaits
	return nil
}

// giveAgain makes head office be told of every erasure that was ever carried out here, before anything else. It knows most
// of them again at once by their ids; a box that asks from the beginning hears them all again.
func (w *work) giveAgain() error {
	w.kick = true
	cursor, err := metaText(w.ctx, w.tx, metaCursor)
	if err != nil {
		return err
	}
	heard := orderWaits
	if cursor != "" {
		heard = orderAgain
	}
	err = w.exec(`UPDATE orders SET told = CASE WHEN told IN (?, ?) THEN ? ELSE ? END WHERE told <> ?`, orderHeard, orderAgain, heard, orderWaits, orderAlone)
	if err != nil {
		return fmt.Errorf("giving orders again: %w", err)
	}
	return nil
}

// hearOrder notes that head office has told an order itself.
func (w *work) hearOrder(id string) error {
	if err := w.exec(`UPDATE orders SET told = ? WHERE id = ?`, orderHeard, edge.Order{Erasure: &edge.Erasure{ID: id}}.ID()); err != nil {
		return fmt.Errorf("noting that an order was heard: %w", err)
	}
	return nil
}

// orderUnheard makes head office be told again of what it was told and has not passed on so far.
func (w *work) orderUnheard() error {
	if err := w.exec(`UPDATE orders SET told = ? WHERE told = ?`, orderWaits, orderTold); err != nil {
		return fmt.Errorf("giving orders again: %w", err)
	}
	return nil
}

// mostOrders is how many orders are given at once.
const mostOrders = 500

// Orders gives the orders that head office is still to be told, the oldest first, up to a few hundred.
func (s *Store) Orders(ctx context.Context) ([]edge.Order, error) {
	rows, err := s.read.QueryContext(context.WithoutCancel(ctx), `SELECT id, body FROM orders WHERE told IN (?, ?) ORDER BY at, id`, orderWaits, orderAgain)
	if err != nil {
		return nil, fmt.Errorf("reading orders: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var orders []edge.Order
	for len(orders) < mostOrders && rows.Next() { // the damaged ones do not count: there may be as many
		var id string
		var body []byte
		if err := rows.Scan(&id, &body); err != nil {
			return nil, fmt.Errorf("reading orders: %w", err)
		}
		plain, err := s.opt.Seal.OpenOwn("order "+id, body)
		if err != nil {
			// One that is damaged must not keep the others from being sent.
			s.opt.Log.Error("an order to forget, or a receipt, is damaged and cannot be sent", "order", id, "error", err)
			continue
		}
		var o edge.Order
		if err := json.Unmarshal(plain, &o); err != nil {
			return nil, fmt.Errorf("reading order %q: %w", id, err)
		}
		orders = append(orders, o)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading orders: %w", err)
	}
	return orders, nil
}

// Ordered notes that head office has the orders with these ids (see edge.Order.ID). Receipts are dropped.
func (s *Store) Ordered(ctx context.Context, ids []string) error {
	err := s.working(ctx, func(w *work) error {
		for _, id := range ids {
			err := errors.Join(w.exec(`DELETE FROM orders WHERE id = ? AND id LIKE 'receipt %'`, id),
				w.exec(`UPDATE orders SET told = CASE told WHEN ? THEN ? WHEN ? THEN ? ELSE told END WHERE id = ?`, orderWaits, orderTold, orderAgain, orderHeard, id))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("noting that orders were told: %w", err)
	}
	return nil
}
