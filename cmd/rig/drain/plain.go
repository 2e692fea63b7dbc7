// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	_ "github.com/mattn/go-sqlite3" // the plain database

	"redbench/edge"
	"redbench/edge/store"
)

// told is what waits in an outbox, by what it tells of.
type told struct {
	ids     map[class][]string
	records int
	insert  time.Duration // what the plain insert of the same rows took
}

// class is what keeps its order among itself: visits and outcomes are one at head office, customers and facts change.
type class string

const (
	happened  class = "visits and outcomes"
	customers class = "customers"
	facts     class = "facts"
)

// perBatch is as many records as the uplink sends at once.
const perBatch = 4_000

// read reads the outbox through once, as the uplink does, and puts the same rows into a plain database on the same disk:
// one table, one prepared statement, a transaction a batch, each synced.
func read(ctx context.Context, s *store.Store, file string) (told, error) {
	all := told{ids: map[class][]string{}}
	db, err := sql.Open("sqlite3", "file:"+file+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate")
	if err != nil {
		return all, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE TABLE records (box TEXT, seq INTEGER, id TEXT, kind TEXT, at INTEGER, body BLOB, PRIMARY KEY (box, seq))`); err != nil {
		return all, errors.Join(err, db.Close())
	}
	place, err := s.Place(ctx)
	for after := place.Acked; err == nil; {
		var records []edge.Record
		if records, err = s.Pending(ctx, after, perBatch, 2<<20); err != nil || len(records) == 0 {
			break
		}
		after = records[len(records)-1].Seq
		all.note(records)
		err = all.insertPlainly(ctx, db, place.Box, records)
	}
	return all, errors.Join(err, db.Close())
}

// note remembers what each record tells of. What is told twice counts where it was told last.
func (t *told) note(records []edge.Record) {
	t.records += len(records)
	for _, r := range records {
		if in, id := entityOf(r.Customer, r.Fact, r.Visit, r.Outcome); id != "" {
			t.ids[in] = append(t.ids[in], id)
		}
	}
}

// once gives the ids of a class, each where it came last.
func once(ids []string) []string {
	last := make(map[string]int, len(ids))
	for i, id := range ids {
		last[id] = i
	}
	kept := ids[:0:0]
	for i, id := range ids {
		if last[id] == i {
			kept = append(kept, id)
		}
	}
	return kept
}

func entityOf(c *edge.CustomerState, f *edge.FactState, v *edge.VisitState, o *edge.OutcomeState) (class, string) {
	switch {
	case c != nil:
		return customers, c.ID
	case f != nil:
		return facts, f.ID
	case v != nil:
		return happened, v.ID
	case o != nil:
		return happened, o.ID
	}
	return "", ""
}

func (t *told) insertPlainly(ctx context.Context, db *sql.DB, box string, records []edge.Record) error {
	bodies := make([][]byte, len(records))
	for i, r := range records {
		var err error
		if bodies[i], err = json.Marshal(bodyOf(r)); err != nil {
			return err
		}
	}
	began := time.Now()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("inserting plainly: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	insert, err := tx.PrepareContext(ctx, `INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return fmt.Errorf("inserting plainly: %w", err)
	}
	for i, r := range records {
		if _, err := insert.ExecContext(ctx, box, int64(r.Seq), r.ID, string(r.Kind), r.At.UnixMicro(), bodies[i]); err != nil {
			return fmt.Errorf("inserting plainly: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("inserting plainly: %w", err)
	}
	t.insert += time.Since(began)
	return nil
}

func bodyOf(r edge.Record) any {
	switch {
	case r.Customer != nil:
		return r.Customer
	case r.Fact != nil:
		return r.Fact
	case r.Visit != nil:
		return r.Visit
	case r.Outcome != nil:
		return r.Outcome
	}
	return nil
}
