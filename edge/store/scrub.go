// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"redbench/edge"
	"redbench/edge/disk"
	"redbench/edge/scrub"
)

// metaScrub says that something was deleted of which it was not seen yet that no file holds it: after a crash nobody knows any
// more how it looked, and the database is written anew.
const metaScrub = "scrub"

// trace notes what of a customer is to be gone: her wrapped key, and all that was sealed under it.
func (w *work) trace(ref edge.CustomerRef) error {
	before := len(w.traces)
	err := w.traceInto(&w.traces, `SELECT wrapped FROM customers WHERE ref = ?1 UNION ALL SELECT sealed FROM customers WHERE ref = ?1
		UNION ALL SELECT tap FROM customers WHERE ref = ?1 UNION ALL SELECT sealed FROM facts WHERE customer = ?1
		UNION ALL SELECT sealed FROM said WHERE customer = ?1 UNION ALL SELECT sealed FROM prompts WHERE customer = ?1
		UNION ALL SELECT sealed FROM merges WHERE customer = ?1`, ref)
	if err != nil || before > 0 || len(w.traces) == 0 {
		return err
	}
	return w.putMeta(metaScrub, 1)
}

// traceIdentifiers notes what she was found by. Whether it is to be gone shows at the end of the transaction: it may be
// somebody else's too, or hers anew.
func (w *work) traceIdentifiers(ref edge.CustomerRef) error {
	return w.traceInto(&w.foundBy, `SELECT hash FROM held WHERE customer = ?`, ref)
}

// nobodys adds to the traces what nobody is found by any more.
func (w *work) nobodys() error {
	for _, hash := range w.foundBy {
		var held bool
		err := w.tx.QueryRowContext(w.ctx, `SELECT EXISTS (SELECT 1 FROM identifiers WHERE hash = ?)`, hash).Scan(&held)
		if err != nil {
			return err
		}
		if !held {
			w.traces.Add(hash)
		}
	}
	return nil
}

func (w *work) traceInto(traces *scrub.Traces, query string, ref edge.CustomerRef) error {
	rows, err := w.tx.QueryContext(w.ctx, query, int64(ref))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var trace sql.RawBytes
		if err := rows.Scan(&trace); err != nil {
			return err
		}
		traces.Add(trace)
	}
	return rows.Err()
}

// erase sees to it that what was deleted is in no file. The journal is cut back first, since what secure_delete overwrote in
// the database still lies there.
func (s *Store) erase(ctx context.Context) error {
	if err := s.cutBack(ctx); err != nil {
		return err
	}
	return s.scrubFiles(ctx)
}

// eraseAside is erase for who holds admin: a search of all files takes a second for each gigabyte, and somebody who stands at a
// till while she is looked up must not wait for it.
func (s *Store) eraseAside(ctx context.Context) error {
	back := s.admin.aside()
	defer back()
	return s.erase(ctx)
}

// scrubAside is the second part of that, where the journal was cut back.
func (s *Store) scrubAside(ctx context.Context) {
	back := s.admin.aside()
	defer back()
	s.scrubIfOwed(ctx)
}

// scrubIfOwed searches the files for what was deleted, if anything was. What cannot be seen to now is left to upkeep.
func (s *Store) scrubIfOwed(ctx context.Context) {
	if !s.scrub.Owes() || s.lingers.Load() {
		return
	}
	if err := s.scrubFiles(ctx); err != nil {
		s.opt.Log.Warn("what was taken back may still be in a file", "error", err)
	}
}

// scrubRest is how long a scrub that failed rests: there was no room, and writing the whole database is no small step.
const scrubRest = 10 * time.Minute

// eraseOwed is upkeep's part: what a former call could not see to, or a crash left.
func (s *Store) eraseOwed(ctx context.Context) error {
	now := s.opt.Now()
	if !s.scrub.Owes() || s.lingers.Load() || s.stepping.Load() > 0 || now.Sub(s.scrubbed).Abs() < scrubRest {
		return nil
	}
	err := s.erase(ctx)
	if err != nil {
		s.scrubbed = now
	}
	return err
}

func (s *Store) scrubFiles(ctx context.Context) error {
	rewrote, err := s.scrub.Run(ctx)
	if rewrote {
		s.opt.Log.Info("the database was written anew, since bytes of what was deleted were left in it", "error", err)
	}
	if err != nil && !errors.Is(err, scrub.ErrLeft) {
		err = errors.Join(ErrLingers, err)
	}
	if err != nil {
		return err
	}
	if s.scrub.Owes() {
		return nil // of a later transaction, which clears the mark
	}
	return s.transact(ctx, func(tx *sql.Tx) error {
		if s.scrub.Owes() {
			return nil
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM meta WHERE name = ?`, metaScrub)
		return err
	})
}

// rewriteSpare is what is left of the disk beside a new database, which needs its room twice: as a temporary file and in the
// journal.
const rewriteSpare = 64 << 20

// rewrite writes the whole database anew. Taps read on meanwhile; what is to be written waits. A temporary file holds the new
// one until it is copied: in memory there may be no room.
func (s *Store) rewrite(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	need := 2*size(s.path) + rewriteSpare
	if free, err := disk.Free(s.opt.Dir); err == nil && free < need {
		return fmt.Errorf("writing the database anew needs %d MB of free disk, and there are %d", need>>20, free>>20)
	}
	s.writing.Lock()
	_, err := s.write.ExecContext(ctx, `PRAGMA temp_store = FILE; PRAGMA auto_vacuum = INCREMENTAL; VACUUM`)
	_, back := s.write.ExecContext(ctx, `PRAGMA temp_store = MEMORY`)
	s.writing.Unlock()
	if err := errors.Join(err, back); err != nil {
		return fmt.Errorf("writing the database anew: %w", err)
	}
	return s.cutBack(ctx)
}
