// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

// fact keeps a new fact. Of a customer who was forgotten, or does not want to be remembered, nothing is kept.
func (w *work) fact(e *edge.Entry) error {
	if e.Fact == nil {
		return nil
	}
	key, err := w.key(w.ctx, w.tx, e.Fact.Customer)
	if errors.Is(err, edge.ErrNotFound) || err == nil && key.consent != edge.ConsentRemember {
		return nil
	}
	if err != nil {
		return fmt.Errorf("keeping a fact: %w", err)
	}
	w.touch(e.Fact.Customer)
	if err := insertFact(w, *e.Fact, key.Customer); err != nil {
		return fmt.Errorf("keeping a fact: %w", err)
	}
	return nil
}

// execer is where a row is written to.
type execer interface {
	exec(query string, args ...any) error
}

func insertFact(to execer, f edge.Fact, key *seal.Customer) error {
	id, err := uuid.Parse(f.ID)
	if err != nil {
		return errors.New("a fact's id is not a UUID")
	}
	sealed := key.Seal("fact "+id.String(), packTexts(f.Text, f.Date, f.ToldTo, f.Place))
	return to.exec(`INSERT INTO facts (customer, id, kind, sealed, private, until, at, shown, closed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		int64(f.Customer), id[:], string(f.Kind), sealed, f.Private, micros(f.Until), micros(f.At), micros(f.Shown), micros(f.Closed))
}

// closeFact ends a fact, and notes with the word that it did, so that the word can be taken back. An id that names no
// open fact (a habit that was called wrong, a fact closed before) changes nothing.
func (w *work) closeFact(e *edge.Entry) error {
	if e.Close == nil {
		return nil
	}
	id := idKey(e.Close.ID)
	n, err := w.changed(`UPDATE facts SET closed = ? WHERE id = ? AND closed = 0`, max(1, micros(e.Close.At)), id)
	if err != nil {
		return fmt.Errorf("closing a fact: %w", err)
	}
	if n == 0 {
		return nil
	}
	if err := w.touchFacts(id); err != nil {
		return fmt.Errorf("closing a fact: %w", err)
	}
	if e.Word == "" {
		return nil
	}
	if err := w.exec(`UPDATE words SET closed = ? WHERE id = ?`, id, e.Word); err != nil {
		return fmt.Errorf("closing a fact: %w", err)
	}
	return nil
}

// renew makes a confirmed fact as good as one that was told just now.
func (w *work) renew(e *edge.Entry) error {
	if e.Renew == "" {
		return nil
	}
	id := idKey(e.Renew)
	n, err := w.changed(`UPDATE facts SET at = ? WHERE id = ? AND closed = 0`, w.opt.Now().UnixMicro(), id)
	if err == nil && n > 0 {
		err = w.touchFacts(id)
	}
	if err != nil {
		return fmt.Errorf("renewing a fact: %w", err)
	}
	return nil
}

// withdraw takes back what a word did: its fact goes, the fact that it closed is open again, its outcome is void. The
// word's id stays, so that a late copy of it stays without effect too.
func (w *work) withdraw(e *edge.Entry) error {
	if e.Withdraw == "" {
		return nil
	}
	var prompt, fact, closed []byte
	err := w.tx.QueryRowContext(w.ctx, `SELECT prompt, fact, closed FROM words WHERE id = ?`, e.Withdraw).Scan(&prompt, &fact, &closed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("taking a word back: %w", err)
	}
	return errors.Join(
		w.touchFacts(fact, closed),
		w.exec(`DELETE FROM facts WHERE id = ?`, fact),
		w.exec(`UPDATE facts SET closed = 0 WHERE id = ?`, closed),
		w.exec(`DELETE FROM outcomes WHERE prompt = ? AND word = ?`, prompt, e.Withdraw),
		w.exec(`UPDATE words SET prompt = NULL, fact = NULL, closed = NULL WHERE id = ?`, e.Withdraw),
	)
}

const factColumns = `id, kind, sealed, until, at, shown`

// scanFact reads a row of factColumns.
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
