// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"

	"redbench/edge"
)

// Whoever orders an erasure makes tombstones under the keys that he knows. A box that worked alone may hold her under a
// key that nobody else has: then no tombstone meets what rests there, and she is found out when her card is on the till,
// since its value has one. The tap is a stranger's, and upkeep forgets her within seconds.

// late gathers who is to be forgotten so.
type late struct {
	mu      sync.Mutex
	waiting []rehashed
}

// maxLate bounds what waits; the next tap of a card tells again.
const maxLate = 256

func (l *late) add(r rehashed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) < maxLate && !slices.Contains(l.waiting, r) {
		l.waiting = append(l.waiting, r)
	}
}

func (l *late) take() []rehashed {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.waiting
	l.waiting = nil
	return list
}

// underOldKey is asked about a customer who was found under an older key. Of one who was forgotten it gives
// edge.ErrNotFound; anybody else's identifier is moved to the current key.
func (s *Store) underOldKey(ctx context.Context, db *sql.DB, id edge.Identifier, row profileRow) error {
	stamps, err := s.tombstonesOn(ctx, db, id)
	if err != nil {
		return err
	}
	found := rehashed{id, edge.CustomerRef(row.ref)}
	if len(stamps) == 0 {
		s.again.add(found.id, found.customer)
		return nil
	}
	s.late.add(found)
	return edge.ErrNotFound
}

// tombstonesOn gives the tombstones that an identifier has, of its value or of a hash under any live key, with the
// stamps of their orders.
func (s *Store) tombstonesOn(ctx context.Context, q queryer, id edge.Identifier) (map[[32]byte]edge.Stamp, error) {
	all := s.opt.Seal.Tombstones(id)
	for _, hash := range s.opt.Seal.Hashes(id) {
		all = append(all, s.opt.Seal.TombstonesOf(hash)...)
	}
	out, err := tombstonesAmong(ctx, q, all)
	if err != nil {
		return nil, fmt.Errorf("looking for tombstones: %w", err)
	}
	return out, nil
}

// tombstonesAmong gives those of some hashes that are tombstones.
func tombstonesAmong(ctx context.Context, q queryer, hashes [][32]byte) (map[[32]byte]edge.Stamp, error) {
	out := map[[32]byte]edge.Stamp{}
	for part := range slices.Chunk(hashes, lookups) {
		args := make([]any, len(part))
		for i := range part {
			args[i] = part[i][:]
		}
		if err := scanTombstones(ctx, q, out, `SELECT hash, stamp FROM tombstones WHERE hash IN (`+marks(len(args))+`)`, args...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func scanTombstones(ctx context.Context, q queryer, to map[[32]byte]edge.Stamp, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var hash []byte
		var text string
		if err := rows.Scan(&hash, &text); err != nil {
			return err
		}
		stamp, err := edge.ParseStamp(text)
		if err != nil || len(hash) != 32 {
			return errRecord
		}
		to[[32]byte(hash)] = stamp
	}
	return rows.Err()
}

// yields reports whether tombstones of a moment give way to what a customer said since: that she wants to be known, in
// a person's word and not by assumption.
func yields(order edge.Stamp, c edge.CustomerState) bool {
	said := c.Fields[edge.FieldConsent]
	return c.Consent() != edge.ConsentNone && c.Consent().Valid() && said.Rank >= edge.RankTold && said.At.After(order)
}
