// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"redbench/edge"
	"redbench/edge/seal"
)

// insertBatch is how many rows one INSERT carries: beyond some dozens a statement more costs less than its preparing.
const insertBatch = 32

// tie is an identifier that belongs to a customer.
type tie struct {
	hash seal.Hash
	kind edge.IdentifierKind
	ref  edge.CustomerRef
}

// write makes a prepared chunk durable: new customers with the identifier they are known by first, so that a crash never
// leaves a customer whom nothing finds; then what else belongs to them, sorted by where it goes.
func (im *customerImport) write(people []*newcomer, done edge.ImportProgress) error {
	var fresh, changed []*newcomer
	var ties []tie
	for _, p := range people {
		switch {
		case p.bad != "":
			continue
		case p.isNew:
			fresh = append(fresh, p)
		case p.changes() || len(p.lift) > 0:
			changed = append(changed, p)
		}
		for i, id := range p.missing {
			if !p.isNew || i > 0 {
				ties = append(ties, tie{id.hashes[0], id.kind, p.ref})
			}
		}
	}
	before := im.done
	err := im.steps(im.ctx, len(fresh), insertBatch, func(w *work, from, to int) error {
		if im.opt.Progress != nil {
			// Between chunks the file's position is a guess by share; at each chunk's end it is exact.
			im.opt.Progress(between(before, done, from, len(fresh)+len(ties)))
		}
		return w.insertNew(fresh[from:to], im.now)
	})
	if err != nil {
		return err
	}
	err = im.steps(im.ctx, len(changed), 1, func(w *work, from, _ int) error { return w.updateKnown(changed[from], im.now) })
	if err != nil {
		return err
	}
	slices.SortFunc(ties, func(a, b tie) int { return bytes.Compare(a.hash.Sum[:], b.hash.Sum[:]) })
	return im.steps(im.ctx, len(ties), insertBatch, func(w *work, from, to int) error {
		if im.opt.Progress != nil {
			im.opt.Progress(between(before, done, len(fresh)+from, len(fresh)+len(ties)))
		}
		for _, t := range ties[from:to] {
			w.tellOf(told{kind: edge.RecordCustomer, customer: t.ref})
		}
		return w.insertTies(ties[from:to])
	})
}

func between(before, after edge.ImportProgress, part, of int) edge.ImportProgress {
	return edge.ImportProgress{
		Rows:  before.Rows + (after.Rows-before.Rows)*part/of,
		Bytes: before.Bytes + (after.Bytes-before.Bytes)*int64(part)/int64(of),
	}
}

func (w *work) insertNew(people []*newcomer, now int64) error {
	rows := make([]any, 0, 9*len(people))
	ties := make([]tie, len(people))
	held := make([]any, 0, 6*len(people))
	var facts []any
	for i, p := range people {
		rows = append(rows, int64(p.ref), p.id, p.wrapped, p.sealed, string(p.consent), now, p.since, p.tap, p.stamps)
		primary := p.primary()
		ties[i] = tie{primary.hashes[0], primary.kind, p.ref}
		held = p.held(held)
		facts = p.factRows(facts, now)
	}
	if err := w.insert(`INSERT INTO customers (ref, id, wrapped, sealed, consent, consent_at, since, tap, stamps) VALUES `, 9, rows, ""); err != nil {
		return err
	}
	if err := errors.Join(w.insertTies(ties), w.insertHeld(held), w.insertFacts(facts)); err != nil {
		return err
	}
	for _, p := range people {
		if err := w.lift(p); err != nil {
			return err
		}
		w.tellOf(told{kind: edge.RecordCustomer, customer: p.ref, at: now, fresh: true})
		w.tellFacts(p, now)
	}
	w.customers += len(people)
	w.stamped = true
	return nil
}

// tellFacts tells of her new facts.
func (w *work) tellFacts(p *newcomer, now int64) {
	for i := range p.newFacts {
		w.tellOf(told{kind: edge.RecordFact, customer: p.ref, ref: p.newFacts[i].id[:], at: now, fresh: true})
	}
}

const factColumnsWritten = 10

// factRows adds her new facts to values for insertFacts.
func (p *newcomer) factRows(values []any, now int64) []any {
	for i := range p.newFacts {
		f := &p.newFacts[i]
		values = append(values, int64(p.ref), f.id[:], string(f.kind), f.sealed, 0, 0, now, 0, 0, p.factStamps)
	}
	return values
}

func (w *work) insertFacts(values []any) error {
	for part := range slices.Chunk(values, factColumnsWritten*insertBatch) {
		err := w.insert(`INSERT INTO facts (customer, id, kind, sealed, private, until, at, shown, closed, stamps) VALUES `, factColumnsWritten, part, "")
		if err != nil {
			return err
		}
	}
	return nil
}

// lift takes her tombstones away.
func (w *work) lift(p *newcomer) error {
	for _, hash := range p.lift {
		if err := w.exec(`DELETE FROM tombstones WHERE hash = ?`, hash[:]); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) updateKnown(p *newcomer, now int64) error {
	if p.lowered {
		if err := w.takeBack(p.ref); err != nil {
			return err
		}
	}
	if p.update {
		err := w.exec(`UPDATE customers SET wrapped = ?, sealed = ?, since = ?, consent_at = ?, consent = ?, stamps = ? WHERE ref = ?`,
			p.wrapped, p.sealed, p.since, p.consentAt, string(p.consent), p.stamps, int64(p.ref))
		if err != nil {
			return err
		}
		w.tellOf(told{kind: edge.RecordCustomer, customer: p.ref, at: now})
	}
	if len(p.newFacts) > 0 {
		w.touch(p.ref)
		w.tellFacts(p, now)
	}
	w.stamped = true
	return errors.Join(w.insertHeld(p.held(nil)), w.insertFacts(p.factRows(nil, now)), w.lift(p))
}

// held adds her missing identifiers to values for the table that goes by customer.
func (p *newcomer) held(values []any) []any {
	for i := range p.missing {
		values = append(values, int64(p.ref), p.missing[i].hashes[0].Sum[:], string(p.missing[i].kind))
	}
	return values
}

func (w *work) insertHeld(values []any) error {
	return w.insert(`INSERT OR IGNORE INTO held (customer, hash, kind) VALUES `, 3, values, "")
}

func (w *work) insertTies(ties []tie) error {
	rows := make([]any, 0, 3*len(ties))
	for i := range ties {
		rows = append(rows, ties[i].hash.Sum[:], int64(ties[i].ref), ties[i].hash.Key)
	}
	return w.insert(`INSERT OR IGNORE INTO identifiers (hash, customer, key) VALUES `, 3, rows, "")
}

// insert writes several rows with one statement, which ends in tail. A full batch has one text and so one prepared
// statement.
func (w *work) insert(head string, columns int, values []any, tail string) error {
	if len(values) == 0 {
		return nil
	}
	row := "(" + marks(columns) + "),"
	return w.exec(head+strings.TrimSuffix(strings.Repeat(row, len(values)/columns), ",")+tail, values...)
}
