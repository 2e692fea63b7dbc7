// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

// A row and its stamps are a state that merges with another's (see edge.CustomerState and edge.FactState).

// stateColumns are what a customer's state is made of, beside her identifiers.
const stateColumns = `c.ref, c.id, c.wrapped, c.sealed, c.consent, c.consent_at, c.since, c.stamps`

type stateRow struct {
	ref, consentAt, since       int64
	id, wrapped, sealed, stamps []byte
	consent                     string
}

func (r *stateRow) places() []any {
	return []any{&r.ref, &r.id, &r.wrapped, &r.sealed, &r.consent, &r.consentAt, &r.since, &r.stamps}
}

// state opens a row.
func (s *Store) state(r stateRow) (edge.CustomerState, *seal.Customer, error) {
	if len(r.id) != 16 {
		return edge.CustomerState{}, nil, errRecord
	}
	key, err := s.opt.Seal.Unwrap([16]byte(r.id), r.wrapped)
	if err != nil {
		return edge.CustomerState{}, nil, err
	}
	p, err := openPerson(key, r.sealed)
	if err != nil {
		return edge.CustomerState{}, nil, err
	}
	m, err := unpackStamps(r.stamps, s.usual(r.consentAt))
	if err != nil {
		return edge.CustomerState{}, nil, err
	}
	return edge.CustomerState{ID: uuid.UUID(r.id).String(), Fields: m.fields(p.values(edge.Consent(r.consent), r.since)),
		Unlearnt: m.unlearnt}, key, nil
}

// values are a customer's fields as they travel.
func (p person) values(consent edge.Consent, since int64) map[string]string {
	return map[string]string{
		edge.FieldName: p.name, edge.FieldSay: p.say, edge.FieldAddress: p.address, edge.FieldLanguage: p.language,
		edge.FieldChain: p.chain, edge.FieldSince: momentText(since), edge.FieldConsent: string(consent),
	}
}

// momentText is a moment as it travels; empty: never.
func momentText(micros int64) string {
	if micros == 0 {
		return ""
	}
	return moment(micros).Format(time.RFC3339Nano)
}

func flagText(is bool) string {
	if is {
		return "1"
	}
	return ""
}

// customerState reads a customer as she is now, or gives edge.ErrNotFound.
func (w *work) customerState(ref edge.CustomerRef) (edge.CustomerState, error) {
	var r stateRow
	err := w.tx.QueryRowContext(w.ctx, `SELECT `+stateColumns+` FROM customers c WHERE c.ref = ?`, int64(ref)).Scan(r.places()...)
	if errors.Is(err, sql.ErrNoRows) {
		return edge.CustomerState{}, edge.ErrNotFound
	}
	if err != nil {
		return edge.CustomerState{}, fmt.Errorf("reading a customer: %w", err)
	}
	c, _, err := w.state(r)
	if err != nil {
		return c, fmt.Errorf("reading a customer: %w", err)
	}
	if c.Identifiers, err = w.hers(ref); err != nil {
		return c, fmt.Errorf("reading a customer's identifiers: %w", err)
	}
	if c.Also, err = w.alsoOf(ref); err != nil {
		return c, fmt.Errorf("reading a customer's ids: %w", err)
	}
	return c, nil
}

// hers are her identifiers, whoever shares them.
func (w *work) hers(ref edge.CustomerRef) (out []edge.IdentifierHash, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT i.key, i.hash, h.kind FROM held h JOIN identifiers i ON i.hash = h.hash AND i.customer = h.customer
		WHERE h.customer = ? ORDER BY i.hash`, int64(ref))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var i edge.IdentifierHash
		if err := rows.Scan(&i.Key, &i.Sum, &i.Kind); err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, rows.Err()
}

// alsoOf are the other ids that she is known by, sorted.
func (w *work) alsoOf(ref edge.CustomerRef) (out []string, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT id FROM aliases WHERE customer = ?`, int64(ref))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id sql.RawBytes
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		if u, err := uuid.FromBytes(id); err == nil {
			out = append(out, u.String())
		}
	}
	slices.Sort(out)
	return out, rows.Err()
}

// factStateColumns are what a fact's state is made of, beside her key and id.
const factStateColumns = `f.customer, f.id, f.kind, f.sealed, f.private, f.until, f.at, f.closed, f.stamps`

type factRow struct {
	customer, until, at, closed int64
	id, sealed, stamps          []byte
	kind                        string
	private                     bool
}

func (r *factRow) places() []any {
	return []any{&r.customer, &r.id, &r.kind, &r.sealed, &r.private, &r.until, &r.at, &r.closed, &r.stamps}
}

// factOf opens a row. customer is the id of whose it is.
func (s *Store) factOf(r factRow, customer string, key *seal.Customer) (edge.FactState, error) {
	if len(r.id) != 16 {
		return edge.FactState{}, errRecord
	}
	id := uuid.UUID(r.id).String()
	plain, err := key.Open("fact "+id, r.sealed)
	if err != nil {
		return edge.FactState{}, err
	}
	var f edge.Fact
	if err := unpackTexts(plain, &f.Text, &f.Date, &f.ToldTo, &f.Place); err != nil {
		return edge.FactState{}, err
	}
	m, err := unpackStamps(r.stamps, s.usual(r.at))
	if err != nil {
		return edge.FactState{}, err
	}
	return edge.FactState{ID: id, Customer: customer, Kind: edge.FactKind(r.kind), Fields: m.fields(map[string]string{
		edge.FieldText: f.Text, edge.FieldDate: f.Date, edge.FieldToldTo: f.ToldTo, edge.FieldPlace: f.Place,
		edge.FieldUntil: momentText(r.until), edge.FieldHeld: momentText(r.at), edge.FieldClosed: momentText(r.closed),
		edge.FieldPrivate: flagText(r.private),
	})}, nil
}

// factState reads a fact as it is now, or gives edge.ErrNotFound. Of one that was deleted here it says so, and no more.
func (w *work) factState(id string) (edge.FactState, error) {
	var r factRow
	err := w.tx.QueryRowContext(w.ctx, `SELECT `+factStateColumns+` FROM facts f WHERE f.id = ?`, idKey(id)).Scan(r.places()...)
	if errors.Is(err, sql.ErrNoRows) {
		return w.goneFact(id)
	}
	if err != nil {
		return edge.FactState{}, fmt.Errorf("reading a fact: %w", err)
	}
	key, err := w.keyed(w.ctx, w.tx, r.customer)
	if err != nil {
		return edge.FactState{}, fmt.Errorf("reading a fact: %w", err)
	}
	f, err := w.factOf(r, key.id, key.Customer)
	if err != nil {
		return f, fmt.Errorf("reading a fact: %w", err)
	}
	return f, nil
}

func (w *work) goneFact(id string) (edge.FactState, error) {
	var one int
	err := w.tx.QueryRowContext(w.ctx, `SELECT 1 FROM gone WHERE id = ?`, idKey(id)).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return edge.FactState{}, edge.ErrNotFound
	}
	return edge.FactState{ID: id, Gone: true}, err
}

// keyedID is a customer's key and her id.
type keyedID struct {
	*seal.Customer
	id string
}

func (s *Store) keyed(ctx context.Context, q queryer, ref int64) (k keyedID, err error) {
	var id, wrapped []byte
	err = q.QueryRowContext(ctx, `SELECT id, wrapped FROM customers WHERE ref = ?`, ref).Scan(&id, &wrapped)
	if err != nil {
		return k, err
	}
	if len(id) != 16 {
		return k, errRecord
	}
	k.id = uuid.UUID(id).String()
	k.Customer, err = s.opt.Seal.Unwrap([16]byte(id), wrapped)
	return k, err
}
