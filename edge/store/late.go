// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

// Whoever orders an erasure makes tombstones under the keys that he knows. A box that worked alone may hold her under a
// key that nobody else has: then no tombstone meets what rests there, and she is found out when her card is on the till,
// since its value has one. The tap is a stranger's, and upkeep forgets her within seconds.

// late gathers who is to be forgotten so.
type late struct {
	mu      sync.Mutex
	waiting []rehashed
	passing bool        // identifiers are being looked through: none may move
	fresh   []seal.Hash // those that were added meanwhile
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

// note notes an identifier that is added while others are looked through.
func (l *late) note(i edge.IdentifierHash) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.passing {
		l.fresh = append(l.fresh, seal.Hash{Key: i.Key, Sum: [32]byte(i.Sum)})
	}
}

func (l *late) added() []seal.Hash {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fresh
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
		s.moveLater(found)
		return nil
	}
	s.late.add(found)
	return edge.ErrNotFound
}

// moveLater has an identifier moved to the current key, unless identifiers are being looked through: the next tap of
// the card tells again.
func (s *Store) moveLater(r rehashed) {
	s.late.mu.Lock()
	defer s.late.mu.Unlock()
	if !s.late.passing {
		s.again.add(r.id, r.customer)
	}
}

// holdRehash keeps identifiers where they are until release is called.
func (s *Store) holdRehash() (release func()) {
	set := func(passing bool) {
		s.late.mu.Lock()
		defer s.late.mu.Unlock()
		s.late.passing, s.late.fresh = passing, nil
	}
	set(true)
	s.writing.Lock() // a commit that has taken some already moves them first
	defer s.writing.Unlock()
	s.again.take()
	return func() { set(false) }
}

// forgetLate forgets those whose cards came to be known as a forgotten customer's. Head office is told as if it had been
// ordered here, but with the stamp of the order that she was missed by: what she said since, under another id, stands.
func (s *Store) forgetLate(ctx context.Context) error {
	waiting := s.late.take()
	if len(waiting) == 0 {
		return nil
	}
	s.admin.Lock()
	defer s.admin.Unlock()
	_, err := s.taking(ctx, func(a *applying) error {
		for _, r := range waiting {
			if err := a.forgetLate(r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forgetting who was found under an old key: %w", err)
	}
	return nil
}

func (a *applying) forgetLate(r rehashed) error {
	if ids, err := a.idsAt(r.customer); err != nil || len(ids) == 0 {
		return err // gone by now
	}
	on, err := a.tombstonesOn(a.ctx, a.tx, r.id)
	if err != nil || len(on) == 0 {
		return err
	}
	if stays, err := a.staysForgotten(r.customer, on); err != nil || !stays {
		return err
	}
	order := latest(on)
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making an order's id: %w", err)
	}
	e, err := a.eraseCustomer(r.customer, order, r.id)
	if err != nil {
		return err
	}
	return a.order(edge.Order{Erasure: e.order(id.String(), a.opt.Now().UTC(), order)})
}

// staysForgotten reports whether tombstones on a customer's identifiers hold. Where she has said since that she wants to be
// known, they are lifted. One whose record is damaged cannot have.
func (w *work) staysForgotten(ref edge.CustomerRef, on map[[32]byte]edge.Stamp) (bool, error) {
	if len(on) == 0 {
		return false, nil
	}
	state, err := w.customerState(ref)
	if err != nil && sinks(err) {
		return false, err
	}
	if err != nil || !yields(latest(on), state) {
		return true, nil
	}
	return false, w.liftTombstones(on)
}

func latest(stamps map[[32]byte]edge.Stamp) (last edge.Stamp) {
	for _, stamp := range stamps {
		if stamp.After(last) {
			last = stamp
		}
	}
	return last
}

// order is what is told of somebody who was forgotten.
func (e erased) order(id string, at time.Time, stamp edge.Stamp) *edge.Erasure {
	out := &edge.Erasure{ID: id, At: at, Stamp: stamp, Chained: e.chained}
	for _, each := range e.ids {
		if u, err := uuid.FromBytes(each); err == nil {
			out.Customers = append(out.Customers, u.String())
		}
	}
	for _, t := range e.tombstones {
		out.Tombstones = append(out.Tombstones, bytes.Clone(t[:]))
	}
	return out
}

// tombstonesOn gives the tombstones that an identifier has, of its value or of a hash under any live key, with the
// stamps of their orders.
func (s *Store) tombstonesOn(ctx context.Context, q queryer, id edge.Identifier) (map[[32]byte]edge.Stamp, error) {
	all := s.opt.Seal.Tombstones(id)
	for _, hash := range s.opt.Seal.Hashes(id) {
		all = append(all, s.opt.Seal.TombstonesOf(hash)...)
	}
	out, err := tombstonesAmong(ctx, q, all)
	if err == nil && len(out) > 0 {
		err = unspared(ctx, q, all, out)
	}
	if err != nil {
		return nil, fmt.Errorf("looking for tombstones: %w", err)
	}
	return out, nil
}

// tombstonesAmong gives those of some hashes that are tombstones.
func tombstonesAmong(ctx context.Context, q queryer, hashes [][32]byte) (map[[32]byte]edge.Stamp, error) {
	return stampsAmong(ctx, q, `tombstones`, hashes)
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
