// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/memory"
	"redbench/edge/scrub"
)

// work is one transaction of the writer under way.
type work struct {
	*Store
	ctx      context.Context
	tx       *sql.Tx
	articles *articles
	tallies  map[string]int
	lanes    map[string][]byte
	clocks   map[string]int64
	touched  map[edge.CustomerRef]struct{} // whose blob for a tap is to be made anew (see tap.go)

	firstSeen bool // the entry under way is the first to say that its prompt was seen
	customers int  // that were added
	importing bool // an old file does not rename an article

	news    []told                 // what head office is to be told
	stamped bool                   // a stamp was made or seen
	lessons int                    // that the model of habits had
	kick    bool                   // something was added to be sent
	traces  scrub.Traces           // of what was deleted (see scrub.go)
	byRule  map[string]*edge.Tally // what became of rules, as it is then
	gaps    *memory.Gaps           // what customers' rhythms have in common, as it is then; nil: as before
	foundBy scrub.Traces           // what those who were forgotten were found by
}

func (s *Store) newWork(ctx context.Context, tx *sql.Tx) *work {
	return &work{Store: s, ctx: context.WithoutCancel(ctx), tx: tx, articles: newArticles(s.items),
		tallies: map[string]int{}, lanes: map[string][]byte{}, clocks: map[string]int64{},
		touched: map[edge.CustomerRef]struct{}{}, byRule: map[string]*edge.Tally{}}
}

// Commit makes entries durable in one transaction with one sync, and says what became of each. An entry whose event or
// word is there already writes nothing else and moves no lane: Duplicate, or Conflict when the event's body differs.
// An entry that cannot be written for a reason of its own is Failed and does not sink the others. An error means that
// nothing at all was written; when the disk is full it is a *FullError.
func (s *Store) Commit(ctx context.Context, entries []edge.Entry) ([]edge.Result, error) {
	results := make([]edge.Result, len(entries))
	err := s.freeing(ctx, func() error {
		var w *work
		return s.transactThen(ctx, func(tx *sql.Tx) error {
			w = s.newWork(ctx, tx)
			return w.all(entries, results)
		}, func() { w.committed() })
	})
	if err != nil {
		return nil, fmt.Errorf("committing %d entries: %w", len(entries), err)
	}
	return results, nil
}

// working runs f as one transaction of the writer.
func (s *Store) working(ctx context.Context, f func(w *work) error) error {
	return s.freeing(ctx, func() error {
		var w *work
		return s.transactThen(ctx, func(tx *sql.Tx) error {
			w = s.newWork(ctx, tx)
			if err := f(w); err != nil {
				return err
			}
			return w.finish()
		}, func() { w.committed() })
	})
}

// committed is what follows a transaction that got through. Nobody else writes meanwhile.
func (w *work) committed() {
	w.articles.commit()
	w.scrub.Owe(w.traces)
	w.rulesCommitted()
	if w.gaps != nil {
		w.common.Store(w.gaps)
	}
	if w.kick {
		poke(w.outbox.changed)
	}
}

func (w *work) all(entries []edge.Entry, results []edge.Result) error {
	for i := range entries {
		result, err := w.guarded(&entries[i])
		if err != nil {
			return err
		}
		results[i] = result
		if result == edge.Written {
			w.after(&entries[i])
		}
	}
	return w.finish()
}

// guarded writes one entry within a savepoint. Its error is one that ends the whole transaction.
func (w *work) guarded(e *edge.Entry) (edge.Result, error) {
	if err := w.exec(`SAVEPOINT entry`); err != nil {
		return edge.Failed, err
	}
	news, traces := len(w.news), len(w.traces)
	result, err := w.entry(e)
	w.articles.settle(err == nil)
	if err == nil {
		return result, w.exec(`RELEASE entry`)
	}
	if sinks(err) {
		return edge.Failed, err
	}
	w.opt.Log.Error("an entry could not be written; the others of its batch were", "lane", laneOf(e), "error", err)
	w.news, w.traces = w.news[:news], w.traces[:traces]
	if err := w.exec(`ROLLBACK TO entry`); err != nil {
		return edge.Failed, err
	}
	return edge.Failed, w.exec(`RELEASE entry`)
}

func laneOf(e *edge.Entry) string {
	switch {
	case e.Lane != nil:
		return e.Lane.Lane
	case e.Event != nil:
		return e.Event.Lane
	}
	return ""
}

func (w *work) exec(query string, args ...any) error {
	_, err := w.tx.ExecContext(w.ctx, query, args...)
	return err
}

// changed runs a statement and gives how many rows it changed.
func (w *work) changed(query string, args ...any) (int64, error) {
	result, err := w.tx.ExecContext(w.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (w *work) entry(e *edge.Entry) (edge.Result, error) {
	w.firstSeen = false
	if result, err := w.once(e); err != nil || result != edge.Written {
		return result, err
	}
	steps := []func(*edge.Entry) error{w.follow, w.refused, w.prompt, w.visit, w.attach, w.outcome, w.fact, w.closeFact, w.renew, w.withdraw, w.attribute, w.probe}
	for _, step := range steps {
		if err := step(e); err != nil {
			return edge.Failed, err
		}
	}
	return edge.Written, nil
}

// once finds out whether the entry's cause happened before, and remembers it if not.
func (w *work) once(e *edge.Entry) (edge.Result, error) {
	if e.Event != nil {
		if result, err := w.event(e.Event); err != nil || result != edge.Written {
			return result, err
		}
	}
	if e.Word == "" {
		return edge.Written, nil
	}
	var prompt, fact []byte
	if e.Outcome != nil {
		prompt = idKey(e.Outcome.Prompt)
	}
	if e.Fact != nil {
		fact = idKey(e.Fact.ID)
	}
	n, err := w.changed(`INSERT INTO words (id, at, prompt, fact) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		e.Word, w.opt.Now().UnixMicro(), prompt, fact)
	if err != nil {
		return edge.Failed, fmt.Errorf("keeping a word's id: %w", err)
	}
	if n == 0 {
		return edge.Duplicate, nil
	}
	return edge.Written, nil
}

func (w *work) event(ev *edge.SeenEvent) (edge.Result, error) {
	n, err := w.changed(`INSERT INTO events (key, body, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, ev.Key[:], ev.Body[:], w.opt.Now().UnixMicro())
	if err != nil {
		return edge.Failed, fmt.Errorf("keeping an event's key: %w", err)
	}
	if n == 1 {
		return edge.Written, nil
	}
	var body []byte
	if err := w.tx.QueryRowContext(w.ctx, `SELECT body FROM events WHERE key = ?`, ev.Key[:]).Scan(&body); err != nil {
		return edge.Failed, fmt.Errorf("comparing an event: %w", err)
	}
	if string(body) != string(ev.Body[:]) {
		return edge.Conflict, nil
	}
	return edge.Duplicate, nil
}

// after gathers what many entries of a batch overwrite or add up, to be written once.
func (w *work) after(e *edge.Entry) {
	if e.Lane != nil {
		w.lanes[e.Lane.Lane] = e.Lane.State
	}
	if e.Clock != nil {
		w.clocks[e.Clock.Source] = e.Clock.Offset.Microseconds()
	}
	for what, is := range map[string]bool{
		tallyEvents: e.Event != nil, tallyVisits: e.Visit != nil, tallyPrompts: e.Prompt != nil && !e.Prompt.Held, tallyNotes: e.Fact != nil,
		tallySeen: w.firstSeen, tallyRefused: e.Refused != nil,
	} {
		if is {
			w.tallies[what]++
		}
	}
}

func (w *work) finish() error {
	if err := w.refresh(); err != nil {
		return err
	}
	for lane, state := range w.lanes {
		if err := w.exec(`INSERT INTO lanes (lane, state) VALUES (?, ?) ON CONFLICT (lane) DO UPDATE SET state = excluded.state`, lane, state); err != nil {
			return fmt.Errorf("keeping a lane: %w", err)
		}
	}
	for source, offset := range w.clocks {
		if err := w.exec(`INSERT INTO clocks (source, offset, at) VALUES (?, ?, ?)
			ON CONFLICT (source) DO UPDATE SET offset = excluded.offset, at = excluded.at`, source, offset, w.opt.Now().UnixMicro()); err != nil {
			return fmt.Errorf("keeping a till's clock: %w", err)
		}
	}
	for what, n := range w.tallies {
		if err := w.tally(what, n); err != nil {
			return err
		}
	}
	if w.customers != 0 {
		if err := w.tallyAt(0, tallyCustomers, w.customers); err != nil {
			return err
		}
	}
	return errors.Join(w.rehash(), w.flush(), w.keepStamp(), w.nobodys(), w.keepRules(), w.keepGaps())
}

// idKey is an id at rest: the sixteen bytes of a UUID, or the text of another's.
func idKey(id string) []byte {
	if u, err := uuid.Parse(id); err == nil {
		return u[:]
	}
	return []byte(id)
}
