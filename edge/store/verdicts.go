// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"redbench/edge"
	"redbench/edge/seal"
)

// What a cashier said of a customer's lines is read from her prompts and their outcomes, so that a word that is taken back,
// and a prompt that goes, take their verdict along. What was called wrong is kept as long as a word is: see sweeps.

const (
	// maxVerdicts is how many of a customer's latest verdicts are heeded, and maxPrompts of how many of her latest prompts: a
	// year of one who comes nearly daily. What was called wrong does not compete with the others.
	maxVerdicts = 40
	maxPrompts  = 300
)

// heard is what a tap reads of what was said to a customer, and of what came of it.
type heard struct {
	Said    []edge.Said   `json:"said,omitempty"`
	Tallies []edge.Tally  `json:"tallies,omitempty"`
	Denied  []edge.Denied `json:"denied,omitempty"`
}

// packHeard writes it; nothing where there is nothing.
func packHeard(h heard) (string, error) {
	if len(h.Said)+len(h.Tallies)+len(h.Denied) == 0 {
		return "", nil
	}
	plain, err := json.Marshal(h)
	return string(plain), err
}

// addHeard reads it into a profile. What was said stood there alone before verdicts were heeded.
func addHeard(p *edge.Profile, plain string) error {
	switch {
	case plain == "":
		return nil
	case strings.HasPrefix(plain, "["):
		return json.Unmarshal([]byte(plain), &p.Said)
	}
	var h heard
	if err := json.Unmarshal([]byte(plain), &h); err != nil {
		return err
	}
	p.Said, p.Tallies, p.Denied = h.Said, h.Tallies, h.Denied
	return nil
}

// verdict is one word on one line.
type verdict struct {
	kind edge.Verdict
	line edge.Line
	at   int64
}

// verdicts reads the latest words on a customer's lines, the newest first.
func (w *work) verdicts(ref edge.CustomerRef, key *seal.Customer) (all []verdict, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `WITH said AS (SELECT p.id, o.kind, o.line, o.at, o.word, o.kind = 'wrong' AS wrong
			FROM (SELECT id FROM prompts WHERE customer = ?1 ORDER BY id DESC LIMIT ?2) p JOIN outcomes o ON o.prompt = p.id
			WHERE o.kind IN ('used', 'not-now', 'wrong', 'confirmed')),
		heeded AS (SELECT *, row_number() OVER (PARTITION BY wrong ORDER BY at DESC, word) AS place FROM said)
		SELECT h.id, p.sealed, h.kind, h.line, h.at FROM heeded h JOIN prompts p ON p.id = h.id
		WHERE h.place <= ?3 ORDER BY h.at DESC, h.word`, int64(ref), maxPrompts, maxVerdicts)
	if err != nil {
		return nil, fmt.Errorf("reading verdicts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, sealed []byte
		var v verdict
		var line string
		if err := rows.Scan(&id, &sealed, &v.kind, &line, &v.at); err != nil {
			return nil, fmt.Errorf("reading verdicts: %w", err)
		}
		plain, err := key.Open("prompt "+string(id), sealed)
		if err != nil {
			return nil, err
		}
		lines, err := decodeLines(plain)
		if err != nil {
			return nil, err
		}
		if v.line = lines[line]; v.line.Rule != "" {
			all = append(all, v)
		}
	}
	return all, rows.Err()
}

// heed makes of verdicts what choosing heeds, and of how often a rule spoke before what is told of the latest.
func (w *work) heed(h *heard, verdicts []verdict, past map[string]int) error {
	byRule := map[string]*edge.Tally{}
	for _, v := range verdicts { // newest first: the first one of a rule is its latest
		name := edge.RuleName(v.line.Rule)
		t := byRule[name]
		if t == nil {
			t = &edge.Tally{Rule: name, At: moment(v.at)}
			byRule[name] = t
		}
		add(t, v.kind)
		if v.kind != edge.VerdictWrong {
			continue
		}
		if v.line.SKU != "" {
			h.Denied = append(h.Denied, edge.Denied{SKU: v.line.SKU, At: moment(v.at)})
		}
		if v.line.Fact != "" {
			kind, err := w.kindOf(v.line.Fact)
			if err != nil {
				return err
			}
			h.Denied = append(h.Denied, edge.Denied{Fact: v.line.Fact, Kind: kind, At: moment(v.at)})
		}
	}
	for rule, t := range byRule {
		t.Shown = inSaid(h.Said, rule)
	}
	for rule, n := range past {
		t := byRule[rule]
		if t == nil {
			t = &edge.Tally{Rule: rule}
			byRule[rule] = t
			t.Shown = inSaid(h.Said, rule)
		}
		t.Shown += n
	}
	for _, t := range byRule {
		t.Shown = max(t.Shown, t.Used+t.NotNow+t.Wrong)
		h.Tallies = append(h.Tallies, *t)
	}
	slices.SortFunc(h.Tallies, func(a, b edge.Tally) int { return cmp.Compare(a.Rule, b.Rule) })
	return nil
}

func inSaid(said []edge.Said, rule string) (n int) {
	for _, s := range said {
		if edge.RuleName(s.Rule) == rule {
			n++
		}
	}
	return n
}

// add adds a verdict to a tally.
func add(t *edge.Tally, kind edge.Verdict) {
	switch kind {
	case edge.VerdictUsed, edge.VerdictConfirmed:
		t.Used++
	case edge.VerdictNotNow:
		t.NotNow++
	case edge.VerdictWrong:
		t.Wrong++
	}
}

// kindOf is the kind of a fact, empty where it was deleted.
func (w *work) kindOf(fact string) (kind edge.FactKind, err error) {
	err = w.tx.QueryRowContext(w.ctx, `SELECT coalesce((SELECT kind FROM facts WHERE id = ?), '')`, idKey(fact)).Scan(&kind)
	return kind, err
}
