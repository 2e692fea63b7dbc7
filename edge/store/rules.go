// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"redbench/edge"
)

// RuleTallies tells what became of each rule of the playbook at this store, with all customers, by the rule's name. The
// slice is the caller's to read only.
func (s *Store) RuleTallies() []edge.Tally {
	if all := s.rules.Load(); all != nil {
		return *all
	}
	return nil
}

// shownBy counts that rules spoke.
func (w *work) shownBy(p edge.Prompt) {
	if p.Who.Rule != "" {
		w.ruled(edge.RuleName(p.Who.Rule), func(t *edge.Tally) { t.Shown++ })
	}
	for _, line := range p.Lines() {
		if line.Rule != "" {
			w.ruled(edge.RuleName(line.Rule), func(t *edge.Tally) { t.Shown++ })
		}
	}
}

// ruled changes the tally of a rule, written at the end of the transaction.
func (w *work) ruled(rule string, change func(*edge.Tally)) {
	t := w.byRule[rule]
	if t == nil {
		all := w.RuleTallies()
		i, found := slices.BinarySearchFunc(all, rule, byRuleName)
		t = &edge.Tally{Rule: rule, At: w.opt.Now().UTC()}
		if found {
			*t = all[i]
		}
		w.byRule[rule] = t
	}
	change(t)
}

func byRuleName(t edge.Tally, rule string) int {
	switch {
	case t.Rule < rule:
		return -1
	case t.Rule > rule:
		return 1
	}
	return 0
}

// judged counts a verdict on a prompt's line, or takes it back.
func (w *work) judged(prompt []byte, line string, kind edge.Verdict, withdrawn bool) error {
	var customer sql.NullInt64
	var sealed []byte
	err := w.tx.QueryRowContext(w.ctx, `SELECT customer, sealed FROM prompts WHERE id = ?`, prompt).Scan(&customer, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading a prompt: %w", err)
	}
	ref := edge.CustomerRef(customer.Int64)
	w.touch(ref)
	plain, err := w.openPromptIn(w.tx, ref, "prompt "+string(prompt), sealed)
	if err != nil {
		return err
	}
	lines, err := decodeLines(plain)
	if err != nil || lines[line].Rule == "" {
		return err
	}
	w.ruled(edge.RuleName(lines[line].Rule), func(t *edge.Tally) {
		if withdrawn {
			takeBack(t, kind)
			return
		}
		fade(t, w.opt.Now())
		add(t, kind)
	})
	return nil
}

// fade lets what was counted weigh less by the time since, before a newer verdict begins the time anew.
func fade(t *edge.Tally, now time.Time) {
	left := math.Exp2(-max(0, float64(now.Sub(t.At))/float64(edge.TallyHalf)))
	for _, n := range []*int{&t.Shown, &t.Used, &t.NotNow, &t.Wrong} {
		*n = int(math.Round(float64(*n) * left))
	}
	t.At = now.UTC()
}

func takeBack(t *edge.Tally, kind edge.Verdict) {
	one := edge.Tally{}
	add(&one, kind)
	t.Used, t.NotNow, t.Wrong = max(0, t.Used-one.Used), max(0, t.NotNow-one.NotNow), max(0, t.Wrong-one.Wrong)
}

// keepRules writes the tallies that have changed.
func (w *work) keepRules() error {
	for _, t := range w.byRule {
		err := w.exec(`INSERT INTO rules (rule, shown, used, not_now, wrong, at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET shown = excluded.shown, used = excluded.used, not_now = excluded.not_now, wrong = excluded.wrong, at = excluded.at`,
			t.Rule, t.Shown, t.Used, t.NotNow, t.Wrong, micros(t.At))
		if err != nil {
			return fmt.Errorf("counting what became of a rule: %w", err)
		}
	}
	return nil
}

// rulesCommitted makes the tallies of a transaction that got through those that choosing heeds.
func (w *work) rulesCommitted() {
	if len(w.byRule) == 0 {
		return
	}
	all := map[string]edge.Tally{}
	for _, t := range w.RuleTallies() {
		all[t.Rule] = t
	}
	for rule, t := range w.byRule {
		all[rule] = *t
	}
	sorted := make([]edge.Tally, 0, len(all))
	for _, rule := range slices.Sorted(maps.Keys(all)) {
		sorted = append(sorted, all[rule])
	}
	w.rules.Store(&sorted)
}

// knowRules reads the tallies when the store is opened.
func (w *work) knowRules() error {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT rule, shown, used, not_now, wrong, at FROM rules ORDER BY rule`)
	if err != nil {
		return fmt.Errorf("reading what became of rules: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []edge.Tally
	for rows.Next() {
		var t edge.Tally
		var at int64
		if err := rows.Scan(&t.Rule, &t.Shown, &t.Used, &t.NotNow, &t.Wrong, &at); err != nil {
			return fmt.Errorf("reading what became of rules: %w", err)
		}
		t.At = moment(at)
		all = append(all, t)
	}
	w.rules.Store(&all)
	return rows.Err()
}
