// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"redbench/edge"
	"redbench/edge/seal"
)

// What is sealed of a customer has to be opened before her key goes, and sealed under another after. Facts are in
// keep_facts.go.

// openPrompt is a prompt at rest with its lines opened.
type openPrompt struct {
	id    []byte
	plain []byte
}

func (w *work) openPrompts(ref edge.CustomerRef, key *seal.Customer) (prompts []openPrompt, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT id, sealed FROM prompts WHERE customer = ?`, int64(ref))
	if err != nil {
		return nil, fmt.Errorf("reading prompts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var p openPrompt
		var sealed []byte
		if err := rows.Scan(&p.id, &sealed); err != nil {
			return nil, fmt.Errorf("reading prompts: %w", err)
		}
		if p.plain, err = key.Open("prompt "+string(p.id), sealed); err != nil {
			return nil, fmt.Errorf("reading prompts: %w", err)
		}
		prompts = append(prompts, p)
	}
	return prompts, rows.Err()
}

// putPrompt makes a prompt a customer's, under her key.
func (w *work) putPrompt(ref edge.CustomerRef, key *seal.Customer, p openPrompt) error {
	err := w.exec(`UPDATE prompts SET customer = ?, sealed = ? WHERE id = ?`, int64(ref), key.Seal("prompt "+string(p.id), p.plain), p.id)
	if err != nil {
		return fmt.Errorf("keeping a prompt: %w", err)
	}
	return nil
}

func (w *work) saidOf(ref edge.CustomerRef, key *seal.Customer) (spoken, error) {
	var sealed []byte
	err := w.tx.QueryRowContext(w.ctx, `SELECT sealed FROM said WHERE customer = ?`, int64(ref)).Scan(&sealed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return spoken{}, fmt.Errorf("reading what was said: %w", err)
	}
	return openSaid(key, sealed)
}

func (w *work) putSaid(ref edge.CustomerRef, key *seal.Customer, said spoken) error {
	w.touch(ref)
	if len(said.Said) == 0 {
		return w.exec(`DELETE FROM said WHERE customer = ?`, int64(ref))
	}
	sealed, err := sealSaid(key, said)
	if err != nil {
		return err
	}
	return w.exec(`INSERT INTO said (customer, sealed) VALUES (?, ?) ON CONFLICT (customer) DO UPDATE SET sealed = excluded.sealed`, int64(ref), sealed)
}

// joinSaid is what was said to two, the newest first: of a rule and fact the last time. What finds no room counts as past, so
// that what is said once ever is not said again.
func joinSaid(a, b spoken) spoken {
	past := map[string]int{}
	maps.Copy(past, a.Past)
	for rule, n := range b.Past {
		past[rule] += n
	}
	all := slices.Concat(a.Said, b.Said)
	slices.SortStableFunc(all, func(x, y edge.Said) int { return cmp.Compare(y.At.UnixMicro(), x.At.UnixMicro()) })
	out := all[:0:0]
	for _, each := range all {
		if !slices.ContainsFunc(out, func(s edge.Said) bool { return s.Rule == each.Rule && s.Fact == each.Fact }) {
			out = append(out, each)
		}
	}
	for _, old := range out[min(len(out), maxSaid):] {
		past[edge.RuleName(old.Rule)]++
	}
	if len(past) == 0 {
		past = nil // as it rests
	}
	return spoken{out[:min(len(out), maxSaid)], past}
}
