// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"redbench/edge"
	"redbench/edge/seal"
)

// promptLine is a line at rest. Its text is kept so that a word about it can be understood later.
type promptLine struct {
	Text string `json:"t"`
	Fact string `json:"f,omitempty"`
	Why  string `json:"w,omitempty"`
	Open bool   `json:"o,omitempty"`
	Rule string `json:"r,omitempty"`
	SKU  string `json:"s,omitempty"`
}

func encodeLines(lines map[string]edge.Line) ([]byte, error) {
	out := make(map[string]promptLine, len(lines))
	for name, l := range lines {
		out[name] = promptLine{l.Text, l.Fact, l.Why, l.Open, l.Rule, l.SKU}
	}
	return json.Marshal(out)
}

func decodeLines(data []byte) (map[string]edge.Line, error) {
	var in map[string]promptLine
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	lines := make(map[string]edge.Line, len(in))
	for name, l := range in {
		lines[name] = edge.Line{Text: l.Text, Fact: l.Fact, Why: l.Why, Open: l.Open, Rule: l.Rule, SKU: l.SKU}
	}
	return lines, nil
}

// keyOf is a customer's key and what she allows, read in a transaction.
type keyOf struct {
	*seal.Customer
	consent edge.Consent
}

// key reads the key of a customer, or gives edge.ErrNotFound when she was forgotten meanwhile.
func (s *Store) key(ctx context.Context, q queryer, ref edge.CustomerRef) (keyOf, error) {
	var id, wrapped []byte
	var consent string
	err := q.QueryRowContext(ctx, `SELECT id, wrapped, consent FROM customers WHERE ref = ?`, int64(ref)).Scan(&id, &wrapped, &consent)
	if errors.Is(err, sql.ErrNoRows) {
		return keyOf{}, edge.ErrNotFound
	}
	if err != nil {
		return keyOf{}, fmt.Errorf("reading a customer's key: %w", err)
	}
	if len(id) != 16 {
		return keyOf{}, errRecord
	}
	key, err := s.opt.Seal.Unwrap([16]byte(id), wrapped)
	return keyOf{key, edge.Consent(consent)}, err
}

// prompt keeps what a prompt said. One about a customer who was forgotten meanwhile, or said no, leaves nothing.
func (w *work) prompt(e *edge.Entry) error {
	if e.Prompt == nil {
		return nil
	}
	id := idKey(e.Prompt.ID)
	sealed, err := w.sealPrompt(*e.Prompt, "prompt "+string(id))
	if err == nil && sealed != nil {
		// A stranger's prompt becomes hers when somebody elsewhere knows who she is.
		err = w.exec(`INSERT INTO prompts (id, customer, at, sealed) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET customer = excluded.customer, sealed = excluded.sealed WHERE customer IS NULL`,
			id, nullable(e.Prompt.Customer), w.opt.Now().UnixMicro(), sealed)
	}
	if err != nil {
		return fmt.Errorf("keeping a prompt: %w", err)
	}
	return nil
}

// sealPrompt gives a prompt's lines sealed, and remembers with the customer that they were said. Nil: nothing may be kept.
func (w *work) sealPrompt(p edge.Prompt, label string) ([]byte, error) {
	lines := p.Lines()
	if p.Customer == edge.Stranger {
		plain, err := encodeLines(lines)
		return w.opt.Seal.SealOwn(label, plain), err
	}
	key, err := w.key(w.ctx, w.tx, p.Customer)
	if errors.Is(err, edge.ErrNotFound) || err == nil && key.consent == edge.ConsentNone {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if key.consent != edge.ConsentRemember {
		lines = nil // all lines rest on what was learnt: these were chosen before she took her consent back
	} else if p.Held {
		// It was not said.
	} else if err := w.said(p, key); err != nil {
		return nil, err
	}
	plain, err := encodeLines(lines)
	return key.Seal(label, plain), err
}

// said remembers the prompt's lines with the customer, and that its facts were shown.
func (w *work) said(p edge.Prompt, key keyOf) error {
	var before []byte
	err := w.tx.QueryRowContext(w.ctx, `SELECT sealed FROM said WHERE customer = ?`, int64(p.Customer)).Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	old, err := openSaid(key.Customer, before)
	if err != nil {
		return err
	}
	w.touch(p.Customer)
	w.shownBy(p)
	now := w.opt.Now().UTC()
	said := mergeSaid(old, p, now)
	if len(said.Said) == 0 {
		return nil
	}
	sealed, err := sealSaid(key.Customer, said)
	if err != nil {
		return err
	}
	if err := w.exec(`INSERT INTO said (customer, sealed) VALUES (?, ?) ON CONFLICT (customer) DO UPDATE SET sealed = excluded.sealed`,
		int64(p.Customer), sealed); err != nil {
		return err
	}
	for _, line := range p.Lines() {
		if line.Fact == "" {
			continue
		}
		if err := w.exec(`UPDATE facts SET shown = ? WHERE id = ? AND customer = ?`, now.UnixMicro(), idKey(line.Fact), int64(p.Customer)); err != nil {
			return err
		}
	}
	return nil
}

// outcomeSeen is the kind of outcome that each screen of a lane tells of a prompt, and once more when its page is loaded
// anew: what is counted is prompts that were seen, and not screens.
const outcomeSeen = "seen"

// outcome keeps what came of a prompt, unless the prompt is gone.
func (w *work) outcome(e *edge.Entry) error {
	o := e.Outcome
	if o == nil {
		return nil
	}
	heeded := edge.Verdict(o.Kind).Heeded()
	n, err := w.changed(`INSERT INTO outcomes (prompt, word, kind, line, at)
		SELECT id, ?, ?, ?, ? FROM prompts WHERE id = ? ON CONFLICT DO NOTHING`, o.Word, o.Kind, o.Line, micros(o.At), idKey(o.Prompt))
	if err == nil && n == 1 {
		err = w.tellOutcome(*o)
	}
	if err == nil && n == 1 && heeded {
		err = w.judged(idKey(o.Prompt), o.Line, edge.Verdict(o.Kind), false)
	}
	if err == nil && n == 1 && o.Kind == outcomeSeen {
		err = w.tx.QueryRowContext(w.ctx, `SELECT count(*) = 1 FROM outcomes WHERE prompt = ? AND kind = ?`, idKey(o.Prompt), outcomeSeen).Scan(&w.firstSeen)
	}
	if err != nil {
		return fmt.Errorf("keeping an outcome: %w", err)
	}
	return nil
}

// PromptOf tells whom a prompt was about and what its lines said, by their names. It gives edge.ErrNotFound for one that
// is not known, or whose customer was forgotten.
func (s *Store) PromptOf(ctx context.Context, id string) (edge.CustomerRef, map[string]edge.Line, error) {
	ctx = context.WithoutCancel(ctx)
	var customer sql.NullInt64
	var sealed []byte
	key := idKey(id)
	err := s.read.QueryRowContext(ctx, `SELECT customer, sealed FROM prompts WHERE id = ?`, key).Scan(&customer, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, edge.ErrNotFound
	}
	if err != nil {
		return 0, nil, fmt.Errorf("reading a prompt: %w", err)
	}
	ref := edge.CustomerRef(customer.Int64)
	plain, err := s.openPromptIn(s.read, ref, "prompt "+string(key), sealed)
	if err != nil {
		return 0, nil, fmt.Errorf("reading a prompt: %w", err)
	}
	lines, err := decodeLines(plain)
	if err != nil {
		return 0, nil, fmt.Errorf("reading a prompt: %w", err)
	}
	return ref, lines, nil
}

func (s *Store) openPromptIn(q queryer, ref edge.CustomerRef, label string, sealed []byte) ([]byte, error) {
	if ref == edge.Stranger {
		return s.opt.Seal.OpenOwn(label, sealed)
	}
	key, err := s.key(context.Background(), q, ref)
	if err != nil {
		return nil, err
	}
	return key.Open(label, sealed)
}

// WordKnown reports whether a cashier's word came before.
func (s *Store) WordKnown(ctx context.Context, id string) (bool, error) {
	var one int
	err := s.read.QueryRowContext(context.WithoutCancel(ctx), `SELECT 1 FROM words WHERE id = ?`, id).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking a word up: %w", err)
	}
	return true, nil
}
