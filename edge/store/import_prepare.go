// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

// sealedFact is a fact of a newcomer, ready to be written.
type sealedFact struct {
	id     uuid.UUID
	kind   edge.FactKind
	sealed []byte
}

// prepare seals what is new and finds out what differs from what is known. It writes nothing.
func (im *customerImport) prepare(people []*newcomer) error {
	var fresh, known []*newcomer
	for _, p := range people {
		switch {
		case p.bad != "":
		case p.isNew:
			if p.told = p.consent != ""; !p.told {
				p.consent = im.opt.Consent
			}
			p.leaveOutFacts()
			fresh = append(fresh, p)
		default:
			known = append(known, p)
		}
	}
	// One after the other, so that ids are made in the order in which they are written.
	for _, p := range fresh {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("making a customer's id: %w", err)
		}
		p.id = id[:]
	}
	if err := parallel(len(fresh), func(i int) error { return im.sealNew(fresh[i]) }); err != nil {
		return err
	}
	if err := im.numberNew(fresh); err != nil {
		return err
	}
	return im.compareKnown(known)
}

// sealNew makes a customer's key, and seals her columns.
func (im *customerImport) sealNew(p *newcomer) error {
	key, wrapped, err := im.Store.opt.Seal.NewCustomerKey([16]byte(p.id))
	if err != nil {
		return err
	}
	p.wrapped, p.sealed = wrapped, p.person.allowed(p.consent).sealed(key)
	p.stamps, p.factStamps = im.guessed, im.guessed
	if p.told {
		p.stamps = im.stated
	}
	if err := p.sealFacts(key, p.facts); err != nil {
		return err
	}
	// Her blob is made here, on every core, and not read back from the tables within the transaction that tills wait for.
	facts := make([]string, len(p.newFacts))
	for i, f := range p.newFacts {
		facts[len(facts)-1-i] = packFact(edge.Fact{ID: f.id.String(), Kind: f.kind, Text: p.facts[i].Text, Date: p.facts[i].Date, Place: edge.PlaceImport, At: moment(im.now)})
	}
	p.tap = sealNewTap(key, facts)
	return nil
}

// leaveOutFacts drops the facts of a customer who did not agree to be remembered.
func (p *newcomer) leaveOutFacts() {
	if p.consent != edge.ConsentRemember {
		p.leftOut, p.facts = len(p.facts), nil
	}
}

func (p *newcomer) sealFacts(key *seal.Customer, facts []edge.FactText) error {
	for _, f := range facts {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("making a fact's id: %w", err)
		}
		p.newFacts = append(p.newFacts, sealedFact{id, f.Kind, key.Seal("fact "+id.String(), packTexts(f.Text, f.Date, "", edge.PlaceImport))})
	}
	return nil
}

// numberNew gives the new customers their numbers in the order of their primary hashes, so that the tables that go by
// number and the one that goes by hash are both filled from left to right.
func (im *customerImport) numberNew(fresh []*newcomer) error {
	var last int64
	err := im.read.QueryRowContext(im.ctx, `SELECT seq FROM sqlite_sequence WHERE name = 'customers'`).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("numbering customers: %w", err)
	}
	for i, p := range fresh {
		p.ref = edge.CustomerRef(last + int64(i) + 1)
	}
	return nil
}

// compareKnown finds what the rows add to customers who are known.
func (im *customerImport) compareKnown(known []*newcomer) error {
	slices.SortFunc(known, func(a, b *newcomer) int { return cmp.Compare(a.ref, b.ref) })
	for part := range slices.Chunk(known, lookups) {
		if err := im.comparePart(part); err != nil {
			return fmt.Errorf("comparing with what is known: %w", err)
		}
	}
	return nil
}

func (im *customerImport) comparePart(part []*newcomer) error {
	at := make(map[int64]*newcomer, len(part))
	args := make([]any, len(part))
	for i, p := range part {
		at[int64(p.ref)] = p
		args[i] = int64(p.ref)
	}
	rows, err := im.read.Query(`SELECT `+stateColumns+` FROM customers c WHERE c.ref IN (`+marks(len(args))+`)`, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r stateRow
		if err := rows.Scan(r.places()...); err != nil {
			return err
		}
		if err := im.compare(at[r.ref], r); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (im *customerImport) compare(p *newcomer, r stateRow) error {
	if len(r.id) != 16 {
		return errRecord
	}
	key, err := im.Store.opt.Seal.Unwrap([16]byte(r.id), r.wrapped)
	if err != nil {
		return err
	}
	before, err := openPerson(key, r.sealed)
	if err != nil {
		return err
	}
	p.wrapped, p.sealed, p.stamps, p.factStamps = r.wrapped, r.sealed, r.stamps, im.guessed
	if err := im.overlay(p, r, before); err != nil {
		return err
	}
	if p.lowered {
		if key, p.wrapped, err = im.Store.opt.Seal.NewCustomerKey([16]byte(r.id)); err != nil {
			return err
		}
	}
	if p.update {
		p.sealed = p.person.sealed(key)
	}
	p.leaveOutFacts()
	if len(p.facts) == 0 {
		return nil
	}
	fresh, err := im.unknownFacts(p, key)
	if err != nil {
		return err
	}
	return p.sealFacts(key, fresh)
}

// unknownFacts are the facts that she does not have, open or closed: one that a cashier closed as wrong must not come back
// with the next file.
func (im *customerImport) unknownFacts(p *newcomer, key *seal.Customer) ([]edge.FactText, error) {
	rows, err := im.read.Query(`SELECT `+factColumns+` FROM facts WHERE customer = ?`, int64(p.ref))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	has := map[[2]string]bool{}
	column := func(f edge.FactText) [2]string { return [2]string{string(f.Kind), f.Written()} }
	for rows.Next() {
		f, err := scanFact(rows, key)
		if err != nil {
			return nil, err
		}
		has[column(edge.FactText{Kind: f.Kind, Text: f.Text, Date: f.Date})] = true
	}
	var fresh []edge.FactText
	for _, f := range p.facts {
		if !has[column(f)] {
			fresh = append(fresh, f)
		}
	}
	return fresh, rows.Err()
}
