// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

const (
	profileColumns = `coalesce(c.ref, 0), c.id, c.wrapped, c.sealed, coalesce(c.consent, ''), coalesce(c.since, 0), c.tap`
	selectByHash   = `SELECT ` + profileColumns + ` FROM identifiers i JOIN customers c ON c.ref = i.customer WHERE i.hash = ? LIMIT 2`
	// One statement for a tap: on a processor that has slept since the last one, each further costs as much again.
	selectTap = `SELECT e.body, ` + profileColumns + ` FROM (SELECT ? AS key, ? AS hash) t LEFT JOIN events e ON e.key = t.key
		LEFT JOIN identifiers i ON i.hash = t.hash LEFT JOIN customers c ON c.ref = i.customer LIMIT 2`
	selectByRef = `SELECT ` + profileColumns + ` FROM customers c WHERE c.ref = ?`
)

// profileRow is what the SELECT brings, before anything is opened.
type profileRow struct {
	ref                      int64
	id, wrapped, sealed, tap []byte
	consent                  string
	since                    int64
}

func (r *profileRow) places() []any {
	return []any{&r.ref, &r.id, &r.wrapped, &r.sealed, &r.consent, &r.since, &r.tap}
}

// Tap looks up whether an event came before, and whose the card on the till is (as Profile does). Its error means that the
// record cannot be read.
func (s *Store) Tap(ctx context.Context, key edge.EventKey, id edge.Identifier) (edge.Tap, error) {
	ctx = context.WithoutCancel(ctx)
	if s.locked.Load() {
		body, seen, err := s.Seen(ctx, key)
		return edge.Tap{Seen: seen, Body: body, Unknown: edge.ErrLocked}, err
	}
	db, done := s.nearest()
	defer done()
	hashes := s.opt.Seal.Hashes(id)
	tap, row, err := s.tapRow(ctx, db, key, hashes[0].Sum[:])
	if err != nil || tap.Seen {
		return tap, err
	}
	current := row.ref != 0
	if len(hashes) > 1 && tap.Unknown == nil {
		row, current, tap.Unknown = s.rowOf(ctx, db, id)
	}
	switch {
	case tap.Unknown != nil:
		return tap, nil
	case row.ref == 0:
		tap.Unknown = edge.ErrNotFound
		return tap, nil
	case !current:
		if tap.Unknown = s.underOldKey(ctx, db, id, row); tap.Unknown != nil {
			return tap, nil
		}
	}
	tap.Profile, tap.Unknown = s.profile(ctx, db, row, s.opt.Now())
	return tap, nil
}

func (s *Store) tapRow(ctx context.Context, db *sql.DB, key edge.EventKey, hash []byte) (tap edge.Tap, row profileRow, err error) {
	rows, err := db.QueryContext(ctx, selectTap, key[:], hash)
	if err != nil {
		return tap, row, fmt.Errorf("reading a tap: %w", err)
	}
	defer func() { _ = rows.Close() }() // an unclosed reader would keep the journal from shrinking
	var body []byte
	for found := 0; rows.Next(); found++ {
		if found > 0 {
			tap.Unknown = edge.ErrAmbiguous
			break
		}
		if err := rows.Scan(append([]any{&body}, row.places()...)...); err != nil {
			return tap, row, fmt.Errorf("reading a tap: %w", err)
		}
	}
	tap.Seen = copy(tap.Body[:], body) == len(tap.Body)
	return tap, row, rows.Err()
}

// Profile finds the customer of an identifier, under every live key. It gives edge.ErrNotFound for a stranger and
// edge.ErrAmbiguous for an identifier that several customers share. Of a customer who does not want to be remembered it
// gives who she is and nothing that was learnt. While the box is locked it gives edge.ErrLocked.
func (s *Store) Profile(ctx context.Context, id edge.Identifier) (edge.Profile, error) {
	return s.ProfileAt(ctx, id, s.opt.Now())
}

// ProfileAt is Profile with what she may take, and which facts still hold, at another moment.
func (s *Store) ProfileAt(ctx context.Context, id edge.Identifier, at time.Time) (edge.Profile, error) {
	if s.locked.Load() {
		return edge.Profile{}, edge.ErrLocked
	}
	ctx = context.WithoutCancel(ctx) // a watched context costs a goroutine a statement; these take microseconds
	db, done := s.nearest()
	defer done()
	row, current, err := s.rowOf(ctx, db, id)
	if err != nil {
		return edge.Profile{}, err
	}
	if !current {
		if err := s.underOldKey(ctx, db, id, row); err != nil {
			return edge.Profile{}, err
		}
	}
	return s.profile(ctx, db, row, at)
}

// rowOf finds the customer of an identifier, and whether it rests under the current key. It looks under all live keys,
// also when one finds her: of those who share a card one may have it under the old key and another under the new.
func (s *Store) rowOf(ctx context.Context, db *sql.DB, id edge.Identifier) (row profileRow, current bool, err error) {
	err = edge.ErrNotFound
	for i, hash := range s.opt.Seal.Hashes(id) {
		next, e := s.profileRow(ctx, db, selectByHash, hash.Sum[:])
		switch {
		case errors.Is(e, edge.ErrNotFound):
		case e != nil:
			return row, false, e
		case err != nil:
			row, current, err = next, i == 0, nil
		case next.ref != row.ref:
			return row, false, edge.ErrAmbiguous
		}
	}
	return row, current, err
}

// find gives the customer of an identifier without opening anything.
func (s *Store) find(ctx context.Context, id edge.Identifier) (edge.CustomerRef, error) {
	row, _, err := s.rowOf(ctx, s.read, id)
	return edge.CustomerRef(row.ref), err
}

// ProfileOf reads a customer by her number, or gives edge.ErrNotFound, or edge.ErrLocked while the box is locked.
func (s *Store) ProfileOf(ctx context.Context, ref edge.CustomerRef) (edge.Profile, error) {
	if s.locked.Load() {
		return edge.Profile{}, edge.ErrLocked
	}
	ctx = context.WithoutCancel(ctx)
	db, done := s.nearest()
	defer done()
	row, err := s.profileRow(ctx, db, selectByRef, int64(ref))
	if errors.Is(err, edge.ErrNotFound) && s.lineages.Load() {
		if ref, err = s.now(ctx, db, ref); err == nil {
			row, err = s.profileRow(ctx, db, selectByRef, int64(ref))
		}
	}
	if err != nil {
		return edge.Profile{}, err
	}
	return s.profile(ctx, db, row, s.opt.Now())
}

func (s *Store) profileRow(ctx context.Context, db *sql.DB, query string, key any) (row profileRow, err error) {
	rows, err := db.QueryContext(ctx, query, key)
	if err != nil {
		return row, fmt.Errorf("reading a profile: %w", err)
	}
	defer func() { _ = rows.Close() }() // an unclosed reader would keep the journal from shrinking
	found := 0
	for rows.Next() {
		if found++; found > 1 {
			return row, edge.ErrAmbiguous
		}
		if err := rows.Scan(row.places()...); err != nil {
			return row, fmt.Errorf("reading a profile: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return row, fmt.Errorf("reading a profile: %w", err)
	}
	if found == 0 {
		return row, edge.ErrNotFound
	}
	return row, nil
}

// profile opens what is sealed and gathers the rest.
func (s *Store) profile(ctx context.Context, db *sql.DB, row profileRow, now time.Time) (edge.Profile, error) {
	p, key, err := s.customer(row)
	if err != nil {
		return edge.Profile{}, fmt.Errorf("reading a profile: %w", err)
	}
	if p.Customer.Consent != edge.ConsentRemember {
		return p, nil
	}
	if err := s.addTap(ctx, db, &p, key, row.tap, now); err != nil {
		return edge.Profile{}, fmt.Errorf("reading a profile: %w", err)
	}
	return p, nil
}

func (s *Store) customer(row profileRow) (p edge.Profile, key *seal.Customer, err error) {
	if len(row.id) != 16 {
		return p, nil, errRecord
	}
	if key, err = s.opt.Seal.Unwrap([16]byte(row.id), row.wrapped); err != nil {
		return p, nil, err
	}
	person, err := openPerson(key, row.sealed)
	if err != nil {
		return p, nil, err
	}
	p.Customer = edge.Customer{
		Ref: edge.CustomerRef(row.ref), ID: uuid.UUID(row.id).String(), Name: person.name, Say: person.say, Address: person.address,
		Language: person.language, Consent: edge.Consent(row.consent), Since: moment(row.since),
	}
	return p, key, nil
}

func (s *Store) itemsOf(ctx context.Context, q queryer, lines []line) ([]edge.Item, error) {
	out := make([]edge.Item, 0, len(lines))
	for _, l := range lines {
		it, err := s.items.number(ctx, q, l.item)
		if err != nil {
			return nil, err
		}
		out = append(out, edge.Item{SKU: it.sku, Name: it.name, Quantity: l.quantity, AmountMinor: l.amount})
	}
	return out, nil
}

// person is what is sealed of a customer.
type person struct{ name, say, address, language, chain string }

func (p person) sealed(key *seal.Customer) []byte {
	return key.Seal("person", packTexts(p.name, p.say, p.address, p.language, p.chain))
}

func openPerson(key *seal.Customer, sealed []byte) (p person, err error) {
	plain, err := key.Open("person", sealed)
	if err != nil {
		return p, err
	}
	return p, unpackTexts(plain, &p.name, &p.say, &p.address, &p.language, &p.chain)
}

// Seen looks an event up: what digest its body had, if it came before.
func (s *Store) Seen(ctx context.Context, key edge.EventKey) (body [16]byte, found bool, err error) {
	var got sql.RawBytes
	db, done := s.nearest()
	defer done()
	rows, err := db.QueryContext(context.WithoutCancel(ctx), `SELECT body FROM events WHERE key = ?`, key[:])
	if err != nil {
		return body, false, fmt.Errorf("looking an event up: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() {
		if err := rows.Scan(&got); err != nil {
			return body, false, fmt.Errorf("looking an event up: %w", err)
		}
		found = copy(body[:], got) == len(body)
	}
	return body, found, rows.Err()
}

// age is how long ago something was, by the store's clock.
func (s *Store) age(d time.Duration) int64 { return s.opt.Now().Add(-d).UnixMicro() }
