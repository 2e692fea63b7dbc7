// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	eventsKept     = 400 * 24 * time.Hour
	wordsKept      = 400 * 24 * time.Hour
	tallyKept      = 400 * 24 * time.Hour
	factsKept      = 400 * 24 * time.Hour // once they are closed, or hold no longer
	mergesKept     = 400 * 24 * time.Hour // so that they can be taken back
	rulesKept      = 400 * 24 * time.Hour // without a verdict: seven halvings leave nothing of what was counted
	promptsKept    = 90 * 24 * time.Hour
	quarantineKept = 30 * 24 * time.Hour
	clocksKept     = 60 * 24 * time.Hour

	// sweepStep is how many rows of a table one round looks at: about a millisecond of the writing connection.
	sweepStep = 500
	// smallEvery is how many rounds apart the small tables are looked at in full.
	smallEvery = 8
)

// swept is a table that is walked through along its key. That needs no index by age, which for the events alone would be
// half as large again as the table.
type swept struct {
	table, key string
	old        func(s *Store) (where string, args []any) // which rows may go
	untold     string                                    // the kind of record by which head office is told of it; empty: none
	told       string                                    // and which key that names
	before     []string                                  // what goes with them; %s stands for their keys
	whose      bool                                      // what a tap reads of their customers is to be made anew
}

// sweeps are the tables with a retention that may be large: each round looks at a step of each.
var sweeps = [...]swept{
	{table: "events", key: "key", old: olderThan(eventsKept)},
	{table: "words", key: "id", old: olderThan(wordsKept)},
	{table: "prompts", key: "id", old: oldPrompts, before: []string{`DELETE FROM outcomes WHERE prompt IN (%s)`},
		untold: "outcome", told: `substr(ref, 1, 16)`}, // prompts have ids in the order of time
	{table: "visits", key: "visit", old: oldVisits, untold: "visit", told: `ref`},
	{table: "facts", key: "id", old: oldFacts, whose: true},
	{table: "habits", key: "customer", old: oldHabits},
}

func olderThan(kept time.Duration) func(*Store) (string, []any) {
	return func(s *Store) (string, []any) { return `at < ?`, []any{s.keptFrom(kept)} }
}

// oldPrompts: what was called wrong is not to be named again for as long as a word is kept.
func oldPrompts(s *Store) (string, []any) {
	return `at < ? AND (at < ? OR NOT EXISTS (SELECT 1 FROM outcomes o WHERE o.prompt = prompts.id AND o.kind = 'wrong'))`,
		[]any{s.keptFrom(promptsKept), s.keptFrom(wordsKept)}
}

// oldVisits: her latest one stays, since a tap tells of it; and so does the one with the highest number, which would be given
// to another. The plus keeps SQLite from walking up to that one instead of to the end of the step: of two bounds it takes one.
func oldVisits(s *Store) (string, []any) {
	return `at < ? AND +visit < (SELECT max(visit) FROM visits) AND NOT EXISTS (SELECT 1 FROM memory m WHERE m.customer = visits.customer AND m.latest = visits.visit)`,
		[]any{s.visitsFrom()}
}

// oldFacts are closed, or hold no longer. While head office is still to be told of one it stays.
func oldFacts(s *Store) (string, []any) {
	from := s.age(factsKept)
	return `(closed > 0 AND closed < ? OR until > 0 AND until < ?)
		AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.customer = facts.customer AND o.kind = 'fact' AND o.ref = facts.id)`, []any{from, from}
}

// oldHabits are of things that she last bought in visits that are kept no longer. The few that a tap looks at are told apart in
// her memory, and stay there until others take their place.
func oldHabits(s *Store) (string, []any) { return `last < ?`, []any{s.visitsFrom()} }

// visitsFrom is the moment of the oldest visit that is kept.
func (s *Store) visitsFrom() int64 {
	if s.opt.VisitsKept <= 0 && s.squeeze.part() == 1 {
		return 0
	}
	kept := s.opt.VisitsKept
	if kept <= 0 {
		kept = 10 * 365 * 24 * time.Hour // only the room is short
	}
	return s.keptFrom(kept)
}

// sweep remembers how far each table was looked through.
type sweep struct {
	mu     sync.Mutex
	round  int
	from   map[string]any // by the table; nil: at its beginning
	untold map[string]untold
	merges int64
}

func (s *Store) sweepOnce(ctx context.Context) error {
	s.sweep.mu.Lock()
	defer s.sweep.mu.Unlock()
	var errs []error
	for steps := 0; steps == 0 || steps < hurry && s.squeeze.part() < 1; steps++ {
		for which := range sweeps {
			if err := s.sweepTable(ctx, which); err != nil {
				errs = append(errs, fmt.Errorf("sweeping %s: %w", sweeps[which].table, err))
			}
		}
		if len(errs) > 0 {
			break
		}
	}
	if s.sweep.round++; s.sweep.round%smallEvery == 1 {
		errs = append(errs, s.sweepSmall(ctx))
	}
	return errors.Join(append(errs, s.sweepMerges(ctx))...)
}

// sweepTable looks at the next step of a table, on a reading connection, so that the writer is asked only when there is something
// to do.
func (s *Store) sweepTable(ctx context.Context, which int) error {
	t := sweeps[which]
	from := s.sweep.from[t.table]
	to, err := s.sweepEnd(ctx, t, from)
	if err != nil {
		return err
	}
	where, args := t.span(s, from, to)
	old, err := s.exists(ctx, t.table+` WHERE `+where, args...)
	if err == nil && old && t.table != "events" && t.table != "words" {
		var untold any
		if untold, old, err = s.firstUntold(ctx, t); old && untold != nil {
			where, args = where+` AND +`+t.key+` < ?`, append(args, untold)
		}
	}
	if err == nil && old {
		err = s.sweepStep(ctx, t, where, args)
	}
	if err != nil {
		return err
	}
	s.sweep.from[t.table] = to
	if to == nil && which == 0 {
		s.squeezed(ctx)
	}
	return nil
}

// sweepEnd is the key that a step ends at; nil at the end of the table.
func (s *Store) sweepEnd(ctx context.Context, t swept, from any) (to any, err error) {
	where, args := `1`, []any{}
	if from != nil {
		where, args = t.key+` >= ?`, append(args, from)
	}
	to, err = s.keyAt(ctx, `SELECT `+t.key+` FROM `+t.table+` WHERE `+where+` ORDER BY `+t.key+` LIMIT 1 OFFSET ?`, append(args, sweepStep)...)
	if n, is := to.(int64); err == nil && is && any(n) == from { // a step is full of rows of one key: numbers alone repeat
		to, err = s.keyAt(ctx, `SELECT min(`+t.key+`) FROM `+t.table+` WHERE `+t.key+` > ?`, from)
	}
	return to, err
}

// keyAt reads a key as the type that it has at rest: bytes and texts never compare alike.
func (s *Store) keyAt(ctx context.Context, query string, args ...any) (key any, err error) {
	err = s.read.QueryRowContext(ctx, query, args...).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return key, err
}

// span is a step of a table: which of its rows may go.
func (t swept) span(s *Store, from, to any) (where string, args []any) {
	where, args = t.old(s)
	for _, edge := range []struct {
		is  string
		key any
	}{{` >= ?`, from}, {` < ?`, to}} {
		if edge.key != nil {
			where, args = where+` AND `+t.key+edge.is, append(args, edge.key)
		}
	}
	return where, args
}

func (s *Store) exists(ctx context.Context, from string, args ...any) (found bool, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+from+`)`, args...).Scan(&found)
	return found, err
}

func (s *Store) sweepStep(ctx context.Context, t swept, where string, args []any) error {
	return s.working(ctx, func(w *work) error {
		if t.whose { // each as often as she comes: told apart by SQLite it would walk through the whole table in their order
			refs, err := w.refs(`SELECT customer FROM `+t.table+` WHERE `+where, args...)
			if err != nil {
				return err
			}
			for _, ref := range refs {
				w.touch(ref)
			}
		}
		for _, query := range t.before {
			if err := w.exec(strings.Replace(query, "%s", `SELECT `+t.key+` FROM `+t.table+` WHERE `+where, 1), args...); err != nil {
				return err
			}
		}
		return w.exec(`DELETE FROM `+t.table+` WHERE `+where, args...)
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
		{`rules WHERE at < ?`, s.age(rulesKept)},
	}
	for _, t := range small {
		old, err := s.exists(ctx, t.where, t.than)
		if err == nil && old {
			err = s.transact(ctx, func(tx *sql.Tx) error {
				_, err := tx.Exec(`DELETE FROM `+t.where, t.than)
				return err
			})
		}
		if err != nil {
			return fmt.Errorf("sweeping: %w", err)
		}
	}
	return nil
}
