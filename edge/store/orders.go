// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"fmt"

	"redbench/edge"
)

// Orders are erasures that were ordered here, and receipts of those that were ordered elsewhere. They are sent before
// anything else, and rest sealed: the tombstones in them are under the chain's key, which many hold.

// order keeps an order until head office has it. A box that is not enrolled has nobody to tell.
func (w *work) order(o edge.Order) error {
	if !w.outbox.on.Load() {
		return nil
	}
	plain, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("keeping an order: %w", err)
	}
	id := o.ID()
	err = w.exec(`INSERT INTO orders (id, body, at) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body`,
		id, w.opt.Seal.SealOwn("order "+id, plain), w.opt.Now().UnixMicro())
	if err != nil {
		return fmt.Errorf("keeping an order: %w", err)
	}
	w.kick = true
	return nil
}

// mostOrders is how many orders are given at once.
const mostOrders = 500

// Orders gives the orders that head office is still to be told, the oldest first, up to a few hundred.
func (s *Store) Orders(ctx context.Context) ([]edge.Order, error) {
	rows, err := s.read.QueryContext(context.WithoutCancel(ctx), `SELECT id, body FROM orders ORDER BY at, id LIMIT ?`, mostOrders)
	if err != nil {
		return nil, fmt.Errorf("reading orders: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var orders []edge.Order
	for rows.Next() {
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

// Ordered drops the orders with these ids (see edge.Order.ID): head office has them.
func (s *Store) Ordered(ctx context.Context, ids []string) error {
	err := s.working(ctx, func(w *work) error {
		for _, id := range ids {
			if err := w.exec(`DELETE FROM orders WHERE id = ?`, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("dropping orders: %w", err)
	}
	return nil
}
