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
	if err := w.insertFact(*e.Fact, key.Customer); err != nil {
		return fmt.Errorf("keeping a fact: %w", err)
	}
	return nil
}

// insertFact writes a fact that a person told just now, and tells head office of it.
func (w *work) insertFact(f edge.Fact, key *seal.Customer) error {
	id, err := uuid.Parse(f.ID)
	if err != nil {
		return errors.New("a fact's id is not a UUID")
	}
	sealed := key.Seal("fact "+id.String(), packTexts(f.Text, f.Date, f.ToldTo, f.Place))
	stamps := packStamps(rowStamps{rest: mark{At: w.stamp(), Rank: edge.RankTold}}, w.usual(micros(f.At)))
	n, err := w.changed(`INSERT INTO facts (customer, id, kind, sealed, private, until, at, shown, closed, stamps)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, int64(f.Customer), id[:], string(f.Kind), sealed, f.Private,
		micros(f.Until), micros(f.At), micros(f.Shown), micros(f.Closed), stamps)
	if err != nil || n == 0 {
		return err
	}
	return w.tell(edge.RecordFact, f.Customer, id[:], nil)
}

// closeFact ends a fact, and notes with the word that it did, so that the word can be taken back. An id that names no
// open fact (a habit that was called wrong, a fact closed before) changes nothing.
func (w *work) closeFact(e *edge.Entry) error {
	if e.Close == nil {
		return nil
	}
	id := idKey(e.Close.ID)
	changed, err := w.changeFact(id, edge.FieldClosed, `UPDATE facts SET stamps = ?, closed = ? WHERE id = ? AND closed = 0`, max(1, micros(e.Close.At)))
	if err == nil && changed && e.Word != "" {
		err = w.exec(`UPDATE words SET closed = ? WHERE id = ?`, id, e.Word)
	}
	if err != nil {
		return fmt.Errorf("closing a fact: %w", err)
	}
	return nil
}

// changeFact runs an update of one field of a fact, which takes the fact's stamps, the value and its id. A person says
// that what was there is not so any more: that counts more than what anybody told before. It reports whether there was
// such a fact.
func (w *work) changeFact(id []byte, field, update string, value int64) (changed bool, err error) {
	var customer, at int64
	var packed []byte
	err = w.tx.QueryRowContext(w.ctx, `SELECT customer, at, stamps FROM facts WHERE id = ?`, id).Scan(&customer, &at, &packed)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	stamps, err := unpackStamps(packed, w.usual(at))
	if err != nil {
		return false, err
	}
	stamps.tell(field, w.stamp(), edge.RankCorrected)
	if field == edge.FieldHeld {
		at = value
	}
	n, err := w.changed(update, packStamps(stamps, w.usual(at)), value, id)
	if err != nil || n == 0 {
		return false, err
	}
	w.touch(edge.CustomerRef(customer))
	return true, w.tell(edge.RecordFact, edge.CustomerRef(customer), id, nil)
}

// renew makes a confirmed fact as good as one that was told just now.
func (w *work) renew(e *edge.Entry) error {
	if e.Renew == "" {
		return nil
	}
	_, err := w.changeFact(idKey(e.Renew), edge.FieldHeld, `UPDATE facts SET stamps = ?, at = ? WHERE id = ? AND closed = 0`, w.opt.Now().UnixMicro())
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
	_, err = w.changeFact(closed, edge.FieldClosed, `UPDATE facts SET stamps = ?, closed = ? WHERE id = ?`, 0)
	return errors.Join(err, w.unjudged(prompt, e.Withdraw),
		w.deleteFact(fact),
		w.exec(`DELETE FROM outcomes WHERE prompt = ? AND word = ?`, prompt, e.Withdraw),
		w.exec(`UPDATE words SET prompt = NULL, fact = NULL, closed = NULL WHERE id = ?`, e.Withdraw),
	)
}

// unjudged takes back what a word counted for its rule.
func (w *work) unjudged(prompt []byte, word string) error {
	var kind edge.Verdict
	var line string
	err := w.tx.QueryRowContext(w.ctx, `SELECT kind, line FROM outcomes WHERE prompt = ? AND word = ?`, prompt, word).Scan(&kind, &line)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !kind.Heeded() {
		return nil
	}
	if err != nil {
		return err
	}
	return w.judged(prompt, line, kind, true)
}

// deleteFact deletes a fact. Where head office may know of it, it is told, and the id is kept: nothing brings it back.
func (w *work) deleteFact(id []byte) error {
	var customer int64
	var kind string
	err := w.tx.QueryRowContext(w.ctx, `SELECT customer, kind FROM facts WHERE id = ?`, id).Scan(&customer, &kind)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	w.touch(edge.CustomerRef(customer))
	if err := w.exec(`DELETE FROM facts WHERE id = ?`, id); err != nil || !w.outbox.on.Load() {
		return err
	}
	if err := w.markDeleted(id, edge.CustomerRef(customer), kind); err != nil {
		return err
	}
	return w.tell(edge.RecordFact, edge.CustomerRef(customer), id, []byte(kind))
}

// markDeleted remembers a deleted fact, so that nothing brings it back. While its customer is known it can be told again.
func (w *work) markDeleted(id []byte, customer edge.CustomerRef, kind string) error {
	err := w.exec(`INSERT INTO gone (id, at, customer, kind) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		id, w.opt.Now().UnixMicro(), nullable(customer), kind)
	if err != nil {
		return fmt.Errorf("noting a deleted fact: %w", err)
	}
	return nil
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
