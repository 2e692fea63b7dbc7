// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"redbench/edge"
	"redbench/edge/seal"
)

// A card may be a household's here and one person's where she was forgotten. The order then has a tombstone of its value,
// which nothing here can tell from the others: at rest there is only a hash, under a key that whoever ordered may not have.
// So it is noted of the hash that it was shared at that moment, and no order until then means whoever has it from then on.

// spare notes that an identifier, given by the tombstones of its hash, was shared when an order was carried out.
func (w *work) spare(order edge.Stamp, tombstones ...[32]byte) error {
	for _, t := range tombstones {
		err := w.exec(`INSERT INTO spared (hash, stamp) VALUES (?, ?) ON CONFLICT (hash) DO UPDATE SET stamp = max(stamp, excluded.stamp)`, t[:], order.String())
		if err != nil {
			return fmt.Errorf("noting a shared identifier: %w", err)
		}
	}
	return nil
}

// spareShared notes what a customer shares who is to be taken out.
func (w *work) spareShared(ref edge.CustomerRef, order edge.Stamp) error {
	all, err := w.hers(ref)
	if err != nil {
		return fmt.Errorf("reading identifiers: %w", err)
	}
	for _, i := range all {
		owners, err := w.ownersOf(i.Sum)
		if err != nil {
			return err
		}
		if len(owners) < 2 || len(i.Sum) != 32 {
			continue
		}
		if err := w.spare(order, w.opt.Seal.TombstonesOf(seal.Hash{Key: i.Key, Sum: [32]byte(i.Sum)})...); err != nil {
			return err
		}
	}
	return nil
}

// unspared leaves of the tombstones on an identifier those of orders that were given after it was shared.
func unspared(ctx context.Context, q queryer, of [][32]byte, on map[[32]byte]edge.Stamp) error {
	spared, err := stampsAmong(ctx, q, `spared`, of)
	if err != nil || len(spared) == 0 {
		return err
	}
	until := latest(spared)
	maps.DeleteFunc(on, func(_ [32]byte, order edge.Stamp) bool { return !order.After(until) })
	return nil
}

// stampsAmong gives those of some hashes that a table has, with their stamps.
func stampsAmong(ctx context.Context, q queryer, table string, hashes [][32]byte) (map[[32]byte]edge.Stamp, error) {
	out := map[[32]byte]edge.Stamp{}
	for part := range slices.Chunk(hashes, lookups) {
		args := make([]any, len(part))
		for i := range part {
			args[i] = part[i][:]
		}
		if err := scanTombstones(ctx, q, out, `SELECT hash, stamp FROM `+table+` WHERE hash IN (`+marks(len(args))+`)`, args...); err != nil {
			return nil, err
		}
	}
	return out, nil
}
