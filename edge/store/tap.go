// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/memory"
	"redbench/edge/seal"
)

// A tap finds all that was learnt of a customer beside her name, in one sealed blob: her visits, her usual things, her
// last basket, what was said to her, her open facts. Gathered from their tables at the tap it would be five more
// look-ups, each of which costs more on a till's cold processor than all the rest. The tables remain the truth: whatever
// changes them marks the customer, and at the end of the transaction her blob is made anew from them.

// touch marks a customer whose blob is to be made anew.
func (w *work) touch(ref edge.CustomerRef) {
	if ref != edge.Stranger {
		w.touched[ref] = struct{}{}
	}
}

// refresh makes the blobs of all marked customers anew. One whose record is damaged is greeted by what is left of it, and
// does not keep the others' events from being written.
func (w *work) refresh() error {
	for ref := range w.touched {
		sealed, err := w.sealTap(ref)
		if errors.Is(err, edge.ErrNotFound) {
			continue // forgotten
		}
		if err != nil && !sinks(err) {
			w.opt.Log.Error("a customer's record is damaged; what was learnt of her is not shown", "error", err)
			err = nil
		}
		if err == nil {
			err = w.exec(`UPDATE customers SET tap = ? WHERE ref = ?`, sealed, int64(ref))
		}
		if err != nil {
			return fmt.Errorf("gathering what a tap reads: %w", err)
		}
	}
	return nil
}

func (w *work) sealTap(ref edge.CustomerRef) ([]byte, error) {
	key, err := w.key(w.ctx, w.tx, ref)
	if err != nil || key.consent != edge.ConsentRemember {
		return nil, err
	}
	texts, err := w.gatherTap(ref, key.Customer)
	if err != nil || len(texts) == 0 {
		return nil, err
	}
	return key.Seal("tap", packTexts(texts...)), nil
}

// The places of the blob's texts; facts follow.
const (
	tapVisits = iota // visits, first, last, and her pace
	tapUsual
	tapLines
	tapStore
	tapLane
	tapSaid
	tapFacts
)

// gatherTap reads the tables. It gives nothing when nothing was learnt.
func (w *work) gatherTap(ref edge.CustomerRef, key *seal.Customer) ([]string, error) {
	var visits, first, last sql.NullInt64
	var usual, rhythm, lines, said []byte
	var store, lane sql.NullString
	err := w.tx.QueryRowContext(w.ctx, `SELECT m.visits, m.first, m.last, m.usual, m.rhythm, v.store, v.lane, v.lines, s.sealed
		FROM customers c LEFT JOIN memory m ON m.customer = c.ref LEFT JOIN visits v ON v.visit = m.latest
		LEFT JOIN said s ON s.customer = c.ref WHERE c.ref = ?`, int64(ref)).
		Scan(&visits, &first, &last, &usual, &rhythm, &store, &lane, &lines, &said)
	if err != nil {
		return nil, err
	}
	words, err := w.gatherHeard(ref, key, said)
	if err != nil {
		return nil, err
	}
	facts, err := w.gatherFacts(ref, key)
	if err != nil || visits.Int64 == 0 && words == "" && len(facts) == 0 {
		return nil, err
	}
	texts := make([]string, tapFacts, tapFacts+len(facts))
	texts[tapVisits] = string(append(packNumbers(visits.Int64, first.Int64, last.Int64), rhythm...))
	texts[tapUsual], texts[tapLines] = string(packTap(usual)), string(lines)
	texts[tapStore], texts[tapLane], texts[tapSaid] = store.String, lane.String, words
	return append(texts, facts...), nil
}

// gatherHeard reads what was said to her, and what became of it.
func (w *work) gatherHeard(ref edge.CustomerRef, key *seal.Customer, sealed []byte) (string, error) {
	said, err := openSaid(key, sealed)
	if err != nil {
		return "", err
	}
	h := heard{Said: said.Said}
	verdicts, err := w.verdicts(ref, key)
	if err == nil {
		err = w.heed(&h, verdicts, said.Past)
	}
	if err != nil {
		return "", err
	}
	return packHeard(h)
}

// shownFacts is how many facts a blob holds.
const shownFacts = 64

// sealNewTap makes the blob of somebody of whom nothing is known but facts, the newest first.
func sealNewTap(key *seal.Customer, facts []string) []byte {
	if len(facts) == 0 {
		return nil
	}
	texts := make([]string, tapFacts)
	texts[tapVisits] = string(packNumbers(0, 0, 0))
	return key.Seal("tap", packTexts(append(texts, facts[:min(len(facts), shownFacts)]...)...))
}

// gatherFacts reads her open facts that may be shown, the newest first.
func (w *work) gatherFacts(ref edge.CustomerRef, key *seal.Customer) (facts []string, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT `+factColumns+` FROM facts
		WHERE customer = ? AND closed = 0 AND private = 0 ORDER BY id DESC LIMIT ?`, int64(ref), shownFacts)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		f, err := scanFact(rows, key)
		if err != nil {
			return nil, err
		}
		facts = append(facts, packFact(f))
	}
	return facts, rows.Err()
}

// addTap reads the blob into a profile.
func (s *Store) addTap(ctx context.Context, db *sql.DB, p *edge.Profile, key *seal.Customer, sealed []byte, now time.Time) error {
	if len(sealed) == 0 {
		return nil
	}
	plain, err := key.Open("tap", sealed)
	if err != nil {
		return err
	}
	texts, err := splitTexts(plain)
	if err != nil {
		return err
	}
	for len(texts) < tapFacts { // trailing empty ones take no room
		texts = append(texts, "")
	}
	if err := errors.Join(s.addVisits(ctx, db, p, texts, now), addHeard(p, texts[tapSaid])); err != nil {
		return err
	}
	for _, text := range texts[tapFacts:] {
		fact, err := unpackFact(text)
		if err != nil {
			return err
		}
		fact.Customer = p.Customer.Ref
		if fact.Until.IsZero() || fact.Until.After(now) {
			p.Facts = append(p.Facts, fact)
		}
	}
	return nil
}

func (s *Store) addVisits(ctx context.Context, db *sql.DB, p *edge.Profile, texts []string, now time.Time) error {
	var visits, first, last int64
	packed, err := cutNumbers([]byte(texts[tapVisits]), &visits, &first, &last)
	if err != nil || visits == 0 {
		return err
	}
	pace, err := unpackPace(packed)
	if err != nil {
		return err
	}
	if p.Rhythm, p.Standing = pace.rhythm, pace.standing; p.Rhythm.Days > 0 {
		p.NextGap = s.common.Load().Next(p.Rhythm)
	}
	p.Visits, p.First = int(visits), moment(first)
	p.Last = edge.LastVisit{At: moment(last), Store: texts[tapStore], Lane: texts[tapLane]}
	p.Gap = memory.Gap(p.First, p.Last.At, p.Visits)
	lines, err := unpackLines([]byte(texts[tapLines]), 8)
	if err != nil {
		return err
	}
	if p.Last.Items, err = s.itemsOf(ctx, db, lines); err != nil {
		return err
	}
	return s.addUsual(ctx, db, p, []byte(texts[tapUsual]), now)
}

func packFact(f edge.Fact) string {
	id := uuid.MustParse(f.ID) // scanFact made it
	return string(packTexts(string(id[:]), string(f.Kind), string(packNumbers(micros(f.Until), micros(f.At), micros(f.Shown))),
		f.Text, f.Date, f.ToldTo, f.Place))
}

func unpackFact(text string) (f edge.Fact, err error) {
	var id, kind, numbers string
	if err := unpackTexts([]byte(text), &id, &kind, &numbers, &f.Text, &f.Date, &f.ToldTo, &f.Place); err != nil {
		return f, err
	}
	var until, at, shown int64
	if err := unpackNumbers(numbers, &until, &at, &shown); err != nil || len(id) != 16 {
		return f, errRecord
	}
	f.ID, f.Kind = uuid.UUID([]byte(id)).String(), edge.FactKind(kind)
	f.Until, f.At, f.Shown = moment(until), moment(at), moment(shown)
	return f, nil
}

func packNumbers(numbers ...int64) (out []byte) {
	for _, n := range numbers {
		out = binary.AppendVarint(out, n)
	}
	return out
}

func unpackNumbers(data string, numbers ...*int64) error {
	_, err := cutNumbers([]byte(data), numbers...)
	return err
}

// cutNumbers reads numbers and gives what follows them.
func cutNumbers(rest []byte, numbers ...*int64) ([]byte, error) {
	for _, to := range numbers {
		n, read := binary.Varint(rest)
		if read <= 0 {
			return nil, errRecord
		}
		*to, rest = n, rest[read:]
	}
	return rest, nil
}
