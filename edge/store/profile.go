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
	"redbench/edge/memory"
	"redbench/edge/seal"
)

// One SELECT brings all of a tap but her facts: each further one would cost as much as the joins do together.
const (
	profileColumns = `c.ref, c.id, c.wrapped, c.sealed, c.consent, c.since,
		m.visits, m.first, m.last, m.usual, v.store, v.lane, v.lines, s.sealed`
	profileJoins = `LEFT JOIN memory m ON m.customer = c.ref
		LEFT JOIN visits v ON v.visit = m.latest
		LEFT JOIN said s ON s.customer = c.ref`
	selectByHash = `SELECT ` + profileColumns + ` FROM identifiers i JOIN customers c ON c.ref = i.customer ` + profileJoins + ` WHERE i.hash = ? LIMIT 2`
	selectByRef  = `SELECT ` + profileColumns + ` FROM customers c ` + profileJoins + ` WHERE c.ref = ?`
	selectFacts  = `SELECT id, kind, sealed, until, at, shown FROM facts WHERE customer = ? AND closed = 0 AND private = 0 ORDER BY id DESC LIMIT 64`
)

// profileRow is what the SELECT brings, before anything is opened.
type profileRow struct {
	ref                 int64
	id, wrapped, sealed []byte
	consent             string
	since               int64
	visits, first, last sql.NullInt64
	usual, lines, said  []byte
	store, lane         sql.NullString
}

func (r *profileRow) places() []any {
	return []any{&r.ref, &r.id, &r.wrapped, &r.sealed, &r.consent, &r.since,
		&r.visits, &r.first, &r.last, &r.usual, &r.store, &r.lane, &r.lines, &r.said}
}

// Profile finds the customer of an identifier, under every live key. It gives edge.ErrNotFound for a stranger and
// edge.ErrAmbiguous for an identifier that several customers share. Of a customer who does not want to be remembered it
// gives who she is and nothing that was learnt.
func (s *Store) Profile(ctx context.Context, id edge.Identifier) (edge.Profile, error) {
	ctx = context.WithoutCancel(ctx) // a watched context costs a goroutine a statement; these take microseconds
	db, done := s.nearest()
	defer done()
	row, current, err := s.rowOf(ctx, db, id)
	if err != nil {
		return edge.Profile{}, err
	}
	if !current {
		s.again.add(id, edge.CustomerRef(row.ref))
	}
	return s.profile(ctx, db, row)
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

// ProfileOf reads a customer by her number, or gives edge.ErrNotFound.
func (s *Store) ProfileOf(ctx context.Context, ref edge.CustomerRef) (edge.Profile, error) {
	ctx = context.WithoutCancel(ctx)
	db, done := s.nearest()
	defer done()
	row, err := s.profileRow(ctx, db, selectByRef, int64(ref))
	if err != nil {
		return edge.Profile{}, err
	}
	return s.profile(ctx, db, row)
}

// Customer is Profile, for `customer show`.
func (s *Store) Customer(ctx context.Context, id edge.Identifier) (edge.Profile, error) {
	return s.Profile(ctx, id)
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
func (s *Store) profile(ctx context.Context, db *sql.DB, row profileRow) (edge.Profile, error) {
	p, key, err := s.customer(row)
	if err != nil {
		return edge.Profile{}, fmt.Errorf("reading a profile: %w", err)
	}
	if p.Customer.Consent != edge.ConsentRemember {
		return p, nil
	}
	if err := errors.Join(s.addVisits(ctx, db, &p, row), s.addFacts(ctx, db, &p, key), addSaid(&p, key, row.said)); err != nil {
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

func (s *Store) addVisits(ctx context.Context, db *sql.DB, p *edge.Profile, row profileRow) error {
	p.Visits = int(row.visits.Int64)
	if p.Visits == 0 {
		return nil
	}
	p.First = moment(row.first.Int64)
	p.Last = edge.LastVisit{At: moment(row.last.Int64), Store: row.store.String, Lane: row.lane.String}
	p.Gap = memory.Gap(p.First, p.Last.At, p.Visits)
	lines, err := unpackLines(row.lines, 8)
	if err != nil {
		return err
	}
	if p.Last.Items, err = s.itemsOf(ctx, db, lines); err != nil {
		return err
	}
	usual, err := unpackUsual(row.usual)
	if err != nil {
		return err
	}
	for _, h := range usual {
		it, err := s.items.number(ctx, db, h.item)
		if err != nil {
			return err
		}
		p.Usual = append(p.Usual, edge.Habit{SKU: it.sku, Name: it.name, P: memory.P(h.logw, p.Visits), Times: int(h.times), Last: moment(h.last)})
	}
	return nil
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

func (s *Store) addFacts(ctx context.Context, db *sql.DB, p *edge.Profile, key *seal.Customer) error {
	rows, err := db.QueryContext(ctx, selectFacts, int64(p.Customer.Ref))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	now := s.opt.Now()
	for rows.Next() {
		fact, err := scanFact(rows, key)
		if err != nil {
			return err
		}
		fact.Customer = p.Customer.Ref
		if fact.Until.IsZero() || fact.Until.After(now) {
			p.Facts = append(p.Facts, fact)
		}
	}
	return rows.Err()
}

func scanFact(rows *sql.Rows, key *seal.Customer) (edge.Fact, error) {
	var id, sealed sql.RawBytes
	var kind string
	var until, at, shown int64
	if err := rows.Scan(&id, &kind, &sealed, &until, &at, &shown); err != nil {
		return edge.Fact{}, err
	}
	if len(id) != 16 {
		return edge.Fact{}, errRecord
	}
	fact := edge.Fact{ID: uuid.UUID(id).String(), Kind: edge.FactKind(kind), Until: moment(until), At: moment(at), Shown: moment(shown)}
	plain, err := key.Open("fact "+fact.ID, sealed)
	if err != nil {
		return edge.Fact{}, err
	}
	return fact, unpackTexts(plain, &fact.Text, &fact.Date, &fact.ToldTo, &fact.Place)
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
