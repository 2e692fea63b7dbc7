// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"redbench/edge/scrub"
	"redbench/sync/hq"
)

// trace notes what the rows of a query hold, which is to be gone when they are deleted.
func (t *tx) trace(traces *scrub.Traces, query string, args ...any) error {
	return t.each(query, args, func(rows *sql.Rows) error {
		var trace sql.RawBytes
		err := rows.Scan(&trace)
		traces.Add(trace)
		return err
	})
}

// tracePerson notes her wrapped key, what was sealed under it, and what she was found by.
func (t *tx) tracePerson(number int64) error {
	t.erases = true
	return errors.Join(
		t.trace(&t.traces, `SELECT wrapped FROM people WHERE number = ?1 UNION ALL SELECT sealed FROM people WHERE number = ?1`, number),
		t.trace(&t.foundBy, `SELECT hash FROM identifiers WHERE customer = ?`, number),
	)
}

// erased gives what is to be gone with this transaction. What somebody is found by may be somebody else's too, or hers anew.
func (t *tx) erased() (scrub.Traces, error) {
	if !t.erases {
		return nil, nil
	}
	for _, hash := range t.foundBy {
		var held bool
		if err := t.one(`SELECT EXISTS (SELECT 1 FROM identifiers WHERE hash = ?)`, []any{hash}, &held); err != nil {
			return nil, err
		}
		if !held {
			t.traces.Add(hash)
		}
	}
	return t.traces, nil
}

// traceEntity notes what was sealed under somebody's key.
func (t *tx) traceEntity(kind hq.EntityKind, id string) error {
	if kind != hq.EntityFact && kind != hq.EntityVoid {
		return nil
	}
	return t.trace(&t.traces, `SELECT body FROM entities WHERE id = ? AND kind = ?`, id, int(kind))
}

// Erase sees to it that what was deleted is in no file. The journal is cut back first, since what secure_delete overwrote in
// the database still lies there. An error that wraps ErrLingers says that somebody was reading all the time, or that there was
// no room to write the database anew; upkeep tries again.
func (s *Store) Erase(ctx context.Context) error {
	if err := s.cutBack(ctx); err != nil {
		return err
	}
	if size(s.path) > atOnce {
		return nil // upkeep searches it within seconds: a box waits for the answer
	}
	return s.scrubFiles(ctx)
}

// EraseNow is Erase for who has the time, whatever the size of the database.
func (s *Store) EraseNow(ctx context.Context) error {
	if err := s.cutBack(ctx); err != nil {
		return err
	}
	return s.scrubFiles(ctx)
}

// atOnce is up to what size of the database its files are searched before an erasure is answered.
const atOnce = 512 << 20

func (s *Store) scrubFiles(ctx context.Context) error {
	rewrote, err := s.scrub.Run(ctx)
	if rewrote {
		s.opt.Log.Info("the database was written anew, since bytes of what was deleted were left in it", "error", err)
	}
	if err != nil && !errors.Is(err, scrub.ErrLeft) {
		err = errors.Join(ErrLingers, err)
	}
	return err
}

// scrubRest is how long a scrub that failed rests: there was no room, and writing the whole database is no small step.
const scrubRest = 10 * time.Minute

// eraseOwed is upkeep's part: what a former call could not see to.
func (s *Store) eraseOwed(ctx context.Context) error {
	now := s.opt.Now()
	if !s.scrub.Owes() || s.lingers.Load() || now.Sub(s.scrubbed).Abs() < scrubRest {
		return nil
	}
	err := s.cutBack(ctx)
	if err == nil {
		err = s.scrubFiles(ctx)
	}
	if err != nil {
		s.scrubbed = now
	}
	return err
}

// rewrite writes the whole database anew. Who reads reads on meanwhile; what is to be written waits. A temporary file holds
// the new one until it is copied: in memory there may be no room.
func (s *Store) rewrite(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	_, err := s.write.ExecContext(ctx, `PRAGMA temp_store = FILE; VACUUM`)
	_, back := s.write.ExecContext(ctx, `PRAGMA temp_store = MEMORY`)
	if err := errors.Join(err, back); err != nil {
		return fmt.Errorf("writing the database anew: %w", err)
	}
	return s.cutBack(ctx)
}
