// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"redbench/edge"
)

// leaveWhatItHad leaves of the tombstones of an order that was carried out before those that it has come to name since: head
// office adds what it learns of whom an order means, and may learn that only after the order was told. Of one that is not kept,
// or damaged, nobody knows what it named: none is left.
func (s *Store) leaveWhatItHad(ctx context.Context, o *order) error {
	kept, err := s.keptErasure(ctx, o.ID)
	if errors.Is(err, sql.ErrNoRows) {
		clear(o.tombstones)
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading erasure %s: %w", o.ID, err)
	}
	for _, t := range kept.Tombstones {
		if len(t) == 32 {
			delete(o.tombstones, [32]byte(t))
		}
	}
	return nil
}

// keptErasure reads an order as it was carried out; sql.ErrNoRows where that cannot be read.
func (s *Store) keptErasure(ctx context.Context, id string) (edge.Erasure, error) {
	key := edge.Order{Erasure: &edge.Erasure{ID: id}}.ID()
	var body []byte
	if err := s.read.QueryRowContext(ctx, `SELECT body FROM orders WHERE id = ?`, key).Scan(&body); err != nil {
		return edge.Erasure{}, err
	}
	var o edge.Order
	plain, err := s.opt.Seal.OpenOwn("order "+key, body)
	if err != nil || json.Unmarshal(plain, &o) != nil || o.Erasure == nil {
		s.opt.Log.Error("an order to forget is damaged; what it named is not known", "order", key)
		return edge.Erasure{}, sql.ErrNoRows
	}
	return *o.Erasure, nil
}
