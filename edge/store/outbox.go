// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"redbench/edge"
)

// What head office is to be told goes into the outbox in the transaction that it tells of. A row names what it tells of,
// and what it says is read when it is sent: nothing rests twice, what was forgotten meanwhile is not sent, and of what
// changed meanwhile the newest is. So of a customer or a fact one row is enough as long as it waits.

// told is a row to be written.
type told struct {
	kind     edge.RecordKind
	customer edge.CustomerRef
	ref      any
	body     []byte
	at       int64
	fresh    bool // no row of the same can be waiting
	again    int8 // toldAgain or offeredAgain
}

// What is not told for the first time is not counted when a full outbox has to be summed up.
const (
	toldAgain    = 1 // by an earlier row, which waits or was sent
	offeredAgain = 2 // perhaps by a former life of this box: only head office could tell
)

// tell puts a record into the outbox: of a customer, of her fact (ref its id's bytes), of a visit (ref its number), of an
// outcome (ref as outcomeRef makes it). body is what has no row of its own. A box that is not enrolled tells nobody.
func (w *work) tell(kind edge.RecordKind, customer edge.CustomerRef, ref any, body []byte) error {
	w.tellOf(told{kind: kind, customer: customer, ref: ref, body: body})
	return nil
}

func (w *work) tellOf(t told) {
	if !w.outbox.on.Load() {
		return
	}
	if t.at == 0 {
		t.at = w.opt.Now().UnixMicro()
	}
	w.news = append(w.news, t)
}

// coalesces reports whether a row that waits stands for a later one too.
func (t told) coalesces() bool { return t.kind == edge.RecordCustomer || t.kind == edge.RecordFact }

// flush writes what is to be told.
func (w *work) flush() error {
	if len(w.news) == 0 {
		return nil
	}
	rows, err := w.untold()
	if err != nil {
		return fmt.Errorf("writing the outbox: %w", err)
	}
	w.news = w.news[:0]
	for part := range slices.Chunk(rows, insertBatch) {
		values := make([]any, 0, 7*len(part))
		for _, t := range part {
			id, err := uuid.NewV7()
			if err != nil {
				return fmt.Errorf("making a record's id: %w", err)
			}
			values = append(values, id[:], string(t.kind), nullable(t.customer), t.ref, t.body, t.at, t.again)
		}
		if err := w.insert(`INSERT INTO outbox (id, kind, customer, ref, body, at, again) VALUES `, 7, values, ""); err != nil {
			return fmt.Errorf("writing the outbox: %w", err)
		}
	}
	w.kick = w.kick || len(rows) > 0
	return nil
}

// entity is what a row tells of, where one row is enough.
type entity struct {
	kind     edge.RecordKind
	customer edge.CustomerRef
	ref      string
}

func (t told) entity() entity {
	ref, _ := t.ref.([]byte)
	return entity{t.kind, t.customer, string(ref)}
}

// untold gives what is to be written: each customer and fact once, and only where none of its rows waits.
func (w *work) untold() ([]told, error) {
	rows := make([]told, 0, len(w.news))
	has := map[entity]int{} // its place in rows
	for _, t := range w.news {
		if before, is := has[t.entity()]; is && t.coalesces() {
			rows[before].body = t.body
			continue
		}
		has[t.entity()] = len(rows)
		rows = append(rows, t)
	}
	kept := rows[:0]
	for _, t := range rows {
		waits, err := w.waits(t)
		if err != nil {
			return nil, err
		}
		if !waits {
			kept = append(kept, t)
		}
	}
	return kept, nil
}

// waits reports whether a row of the same entity was not read for sending yet, and makes it tell this too.
func (w *work) waits(t told) (bool, error) {
	if !t.coalesces() || t.fresh {
		return false, nil
	}
	var seq int64
	err := w.tx.QueryRowContext(w.ctx, `SELECT seq FROM outbox WHERE customer = ? AND kind = ? AND ref IS ? AND seq > ? LIMIT 1`,
		int64(t.customer), string(t.kind), t.ref, int64(max(w.onTheWay(), w.outbox.opened))).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err == nil && t.body != nil {
		err = w.exec(`UPDATE outbox SET body = ? WHERE seq = ?`, t.body, seq)
	}
	return err == nil, err
}

// onTheWay is the highest seq that may have been sent, or be about to.
func (s *Store) onTheWay() uint64 { return max(s.outbox.tried.Load(), s.outbox.lent.Load()) }

// voidOutbox takes back what waits to be told of a customer. Her visits stay, as a stranger's.
func (w *work) voidOutbox(ref edge.CustomerRef) error {
	if err := w.flush(); err != nil {
		return err
	}
	for _, query := range []string{wipeRows + `kind <> 'visit'`, voidRows + `kind <> 'visit'`, strangerRows} {
		if err := w.exec(query, int64(ref)); err != nil {
			return fmt.Errorf("taking records back: %w", err)
		}
	}
	return nil
}

const (
	// As with her key (see wipe): overwritten in place first, since a row that becomes shorter may be moved.
	wipeRows     = `UPDATE outbox SET ref = zeroblob(length(ref)), body = zeroblob(length(body)) WHERE customer = ? AND `
	voidRows     = `UPDATE outbox SET kind = 'void', customer = NULL, ref = NULL, body = NULL WHERE customer = ? AND `
	strangerRows = `UPDATE outbox SET customer = NULL WHERE customer = ? AND kind = 'visit'`
)

// Changed gives a value after rows or orders were added; several additions may be one.
func (s *Store) Changed() <-chan struct{} { return s.outbox.changed }

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
