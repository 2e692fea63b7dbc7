// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	eventsKept     = 400 * 24 * time.Hour
	wordsKept      = 400 * 24 * time.Hour
	tallyKept      = 400 * 24 * time.Hour
	promptsKept    = 90 * 24 * time.Hour
	quarantineKept = 30 * 24 * time.Hour
	clocksKept     = 60 * 24 * time.Hour

	// journalHigh is the size from which the journal is cut back; below it is overwritten from its beginning.
	journalHigh = 64 << 20
	// sweepStep is how many rows one round looks at: about a millisecond of the writing connection.
	sweepStep = 500
)

func (s *Store) keepUp(ctx context.Context) {
	defer close(s.ended)
	if s.opt.Upkeep < 0 {
		return
	}
	ticker := time.NewTicker(s.opt.Upkeep)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := s.Upkeep(ctx); err != nil && ctx.Err() == nil {
				s.opt.Log.Warn("looking after the store", "error", err)
			}
		}
	}
}

// Upkeep does one round of what keeps the store small and quick: it brings the journal home, and takes a small step of
// removing what is older than it is kept. The store calls it by itself; a test may.
func (s *Store) Upkeep(ctx context.Context) error {
	mode := ""
	switch {
	case s.lingers.Load(), s.Stats().JournalBytes > journalHigh && s.stepping.Load() == 0:
		// Not beside an import: what it has written since the passive part would be copied with the writer held back.
		mode = "TRUNCATE"
	case s.dirty.Load():
		mode = "PASSIVE"
	}
	var err error
	if mode != "" {
		if err = s.checkpoint(ctx, mode); errors.Is(err, errBusy) {
			err = nil // the next round tries again
		}
	}
	if s.full.Load() {
		return err // nothing to delete with
	}
	s.makeBallast()
	return errors.Join(err, s.eraseOwed(ctx), s.keepModel(ctx, s.opt.Now()), s.lookAtClock(ctx), s.forgetLate(ctx), s.sweepOnce(ctx), s.capOutbox(ctx))
}

// errBusy says that a reader or the writer kept the journal from being cut back.
var errBusy = errors.New("the journal is in use")

// checkpoint copies the journal into the database. PASSIVE keeps nobody waiting; TRUNCATE then also cuts the file
// back to nothing, for which it needs a moment without readers, and gives errBusy when it gets none.
func (s *Store) checkpoint(ctx context.Context, mode string) error {
	s.dirty.Store(false)
	if mode != "PASSIVE" {
		// The long part first, while others may still write: what is left for the exclusive part is short.
		if err := s.checkpoint(ctx, "PASSIVE"); err != nil {
			return err
		}
	}
	var busy, pages, done int
	err := s.check.QueryRowContext(context.WithoutCancel(ctx), "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &done)
	if err != nil {
		s.dirty.Store(true)
		return fmt.Errorf("bringing the journal home: %w", err)
	}
	if busy != 0 || done < pages {
		s.dirty.Store(true)
	}
	if busy != 0 && mode == "TRUNCATE" {
		return errBusy
	}
	if mode == "TRUNCATE" {
		s.lingers.Store(false)
	}
	return nil
}

// sweep remembers how far each table was looked through. Walking along the key needs no index by age, which for the
// events alone would be half as large again as the table.
type sweep struct {
	mu   sync.Mutex
	next int
	from [len(sweeps)][]byte
	wait []byte // the first prompt of which head office is still to be told what came; nil: none
}

// sweeps are the tables with a retention: each round looks at a step of one of them.
var sweeps = [...]struct {
	table, key string
	kept       time.Duration
}{
	{"events", "key", eventsKept},
	{"words", "id", wordsKept},
	{"prompts", "id", promptsKept},
}

func (s *Store) sweepOnce(ctx context.Context) error {
	s.sweep.mu.Lock()
	defer s.sweep.mu.Unlock()
	which := s.sweep.next
	s.sweep.next = (which + 1) % len(sweeps)
	t := sweeps[which]
	to, err := s.sweepEnd(ctx, t.table, t.key, s.sweep.from[which])
	if err != nil {
		return fmt.Errorf("sweeping %s: %w", t.table, err)
	}
	s.sweep.wait = nil
	old, err := s.anyOld(ctx, which, to)
	if err == nil && old && t.table == "prompts" {
		if s.sweep.wait, err = s.firstUntold(ctx); err == nil {
			old, err = s.anyOld(ctx, which, to)
		}
	}
	if err == nil && old {
		err = s.sweepStep(ctx, which, to)
	}
	if err != nil {
		return fmt.Errorf("sweeping %s: %w", t.table, err)
	}
	s.sweep.from[which] = to
	if which != 0 {
		return nil
	}
	return s.sweepSmall(ctx)
}

// sweepEnd is the key that a step ends at; nil at the end of the table.
func (s *Store) sweepEnd(ctx context.Context, table, key string, from []byte) (to []byte, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT CAST(`+key+` AS BLOB) FROM `+table+` WHERE `+after(table, key)+` ORDER BY `+key+` LIMIT 1 OFFSET ?`,
		from, sweepStep).Scan(&to)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return to, err
}

// after compares with a key that is kept as bytes, in the type of the column.
func after(table, key string) string {
	if table == "words" {
		return key + ` >= coalesce(CAST(? AS TEXT), '')`
	}
	return key + ` >= coalesce(?, x'')`
}

func (s *Store) span(which int, to []byte) (where string, args []any) {
	t := sweeps[which]
	where = after(t.table, t.key)
	from := s.sweep.from[which]
	if from == nil {
		from = []byte{}
	}
	args = []any{from}
	if to != nil {
		where += ` AND NOT (` + after(t.table, t.key) + `)`
		args = append(args, to)
	}
	where, args = where+` AND at < ?`, append(args, s.age(t.kept))
	if t.table == "prompts" {
		// What was called wrong is not to be named again for as long as a word is kept.
		where += ` AND (at < ? OR NOT EXISTS (SELECT 1 FROM outcomes o WHERE o.prompt = prompts.id AND o.kind = 'wrong'))`
		args = append(args, s.age(wordsKept))
	}
	if t.table == "prompts" && s.sweep.wait != nil {
		where, args = where+` AND id < ?`, append(args, s.sweep.wait)
	}
	return where, args
}

// firstUntold is the first prompt of which head office is still to be told what came, by itself or in a sum: those from
// there on stay until then. Prompts have ids in the order of time. While everything is offered none may go.
func (s *Store) firstUntold(ctx context.Context) (id []byte, err error) {
	var offering bool
	err = s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM meta WHERE name = ?),
		(SELECT min(substr(ref, 1, 16)) FROM outbox WHERE kind = 'outcome')`, metaOffer).Scan(&offering, &id)
	if offering {
		id = []byte{}
	}
	return id, err
}

// anyOld looks on a reading connection, so that the writer is asked only when there is something to do.
func (s *Store) anyOld(ctx context.Context, which int, to []byte) (bool, error) {
	where, args := s.span(which, to)
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+sweeps[which].table+` WHERE `+where+`)`, args...).Scan(&n)
	return n != 0, err
}

func (s *Store) sweepStep(ctx context.Context, which int, to []byte) error {
	where, args := s.span(which, to)
	table := sweeps[which].table
	return s.transact(ctx, func(tx *sql.Tx) error {
		if table == "prompts" {
			if _, err := tx.Exec(`DELETE FROM outcomes WHERE prompt IN (SELECT id FROM prompts WHERE `+where+`)`, args...); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`DELETE FROM `+table+` WHERE `+where, args...)
		return err
	})
}

// sweepSmall clears the tables that are small enough to look at in full.
func (s *Store) sweepSmall(ctx context.Context) error {
	small := []struct {
		where string
		than  int64
	}{
		{`tally WHERE quarter > 0 AND quarter < ?`, s.age(tallyKept)},
		{`quarantine WHERE at < ?`, s.age(quarantineKept)},
		// Those that no start would load are of no use, however young: a till may name itself anew with each event.
		{fmt.Sprintf(`clocks WHERE at < max(?, coalesce((SELECT at FROM clocks ORDER BY at DESC LIMIT 1 OFFSET %d), 0))`, maxClocks), s.age(clocksKept)},
		{`screens WHERE expires > 0 AND expires < ?`, s.age(0)},
	}
	for _, t := range small {
		var n int
		if err := s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+t.where+`)`, t.than).Scan(&n); err != nil {
			return fmt.Errorf("sweeping: %w", err)
		}
		if n == 0 {
			continue
		}
		err := s.transact(ctx, func(tx *sql.Tx) error {
			_, err := tx.Exec(`DELETE FROM `+t.where, t.than)
			return err
		})
		if err != nil {
			return fmt.Errorf("sweeping: %w", err)
		}
	}
	return nil
}
