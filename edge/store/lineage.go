// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"redbench/edge"
	"redbench/edge/seal"
)

// A merge leaves a lineage: the two as they were, and what came with whom. It is hers as everything else is: it goes
// when she is forgotten, or takes back that she is remembered. A box of a chain keeps only that there was a merge: head
// office has joined the two by then, and parts nobody.

// snapshot is the two as they were before they were merged. Their identifiers are in the lineage.
type snapshot struct {
	Keep      edge.CustomerState `json:"keep"` // less what had come with earlier merges
	Other     edge.CustomerState `json:"other"`
	Chosen    edge.Fields        `json:"chosen,omitempty"` // of what the two had different words for
	KeepSaid  spoken             `json:"keep_said,omitzero"`
	OtherSaid spoken             `json:"other_said,omitzero"`
}

// mergeRow is a row of merges, opened.
type mergeRow struct {
	number int64
	parent sql.NullInt64
	id     []byte
	at     int64
	then   *snapshot // nil: it cannot be taken back
}

// leaving notes what comes with one customer (?1) to another (?2) by a merge (?3). Of a visit that both have hers is a
// stranger's until the two are parted.
var leaving = [...]string{
	`INSERT INTO lineage (merge, what, ref) SELECT ?3, CASE WHEN EXISTS
		(SELECT 1 FROM held i WHERE i.customer = ?2 AND i.hash = h.hash) THEN 'shared' ELSE 'identifier' END, h.hash FROM held h WHERE h.customer = ?1`,
	`INSERT INTO lineage (merge, what, ref) SELECT ?3, 'twin', h.visit FROM visits h
		JOIN visits i ON i.customer = ?2 AND i.at = h.at AND i.checkout = h.checkout WHERE h.customer = ?1`,
	`UPDATE visits SET customer = NULL WHERE customer = ?1 AND visit IN (SELECT ref FROM lineage WHERE merge = ?3 AND what = 'twin')`,
	`INSERT INTO lineage (merge, what, ref) SELECT ?3, 'visit', visit FROM visits WHERE customer = ?1`,
	`INSERT INTO lineage (merge, what, ref) SELECT ?3, 'fact', id FROM facts WHERE customer = ?1`,
	`INSERT INTO lineage (merge, what, ref) SELECT ?3, 'prompt', id FROM prompts WHERE customer = ?1`,
}

// noteMerge notes a merge that is about to be made, and on a box that works alone what comes with it.
func (a *applying) noteMerge(m *merging) (number int64, err error) {
	err = a.tx.QueryRowContext(a.ctx, `INSERT INTO merges (customer, former, id, at) VALUES (?, ?, ?, ?) RETURNING number`,
		int64(m.into), int64(m.from), idKey(m.other.ID), a.opt.Now().UnixMicro()).Scan(&number)
	if err != nil {
		return 0, fmt.Errorf("noting a merge: %w", err)
	}
	if a.outbox.on.Load() {
		return number, nil
	}
	then, err := a.snapshot(m)
	if err != nil {
		return 0, err
	}
	row := mergeRow{number: number, then: then}
	if err := a.putMerge(m.into, m.intoKey, row); err != nil {
		return 0, err
	}
	for _, query := range leaving {
		if err := a.exec(query, int64(m.from), int64(m.into), number); err != nil {
			return 0, fmt.Errorf("noting a merge: %w", err)
		}
	}
	return number, nil
}

func (a *applying) snapshot(m *merging) (*snapshot, error) {
	before, err := a.mergesOf(m.into, m.intoKey)
	if err != nil {
		return nil, err
	}
	then := &snapshot{Keep: ownState(m.keep, before), Other: m.other, Chosen: m.chosen}
	then.Keep.Identifiers, then.Other.Identifiers = nil, nil
	if then.KeepSaid, err = a.saidOf(m.into, m.intoKey); err != nil {
		return nil, err
	}
	then.OtherSaid, err = a.saidOf(m.from, m.oldKey)
	return then, err
}

// ownState is a customer's state less what came to her by merges: in the place of what another brought stands what she
// had before the first of them. What was told since is hers.
func ownState(now edge.CustomerState, merges []mergeRow) edge.CustomerState {
	own := edge.CustomerState{ID: now.ID, Fields: now.Fields.Merge(nil), Unlearnt: now.Unlearnt}
	var first *snapshot
	for _, row := range merges {
		if row.then == nil || row.parent.Valid {
			continue
		}
		if first == nil {
			first = row.then
			own.Unlearnt = first.Keep.Unlearnt
		}
		for _, came := range []edge.Fields{row.then.Other.Fields, row.then.Chosen} {
			own.Fields = restored(own.Fields, came, first.Keep.Fields)
		}
	}
	return own
}

// restored puts what had been back in the place of what came.
func restored(fields, came, before edge.Fields) edge.Fields {
	for name, r := range came {
		had, is := before[name]
		switch {
		case fields[name] != r || had == r:
		case is:
			fields[name] = had
		default:
			delete(fields, name)
		}
	}
	return fields
}

// with is a customer as she is with one who was merged into her.
func (then *snapshot) with(own edge.CustomerState) edge.CustomerState {
	out := prefer(own, then.Other)
	for name, r := range then.Chosen {
		if out.Fields[name].Value == r.Value && differ(own.Fields[name], then.Other.Fields[name]) {
			out.Fields[name] = r
		}
	}
	return out
}

// mergesOf reads the merges into a customer, the oldest first, with those that came along.
func (w *work) mergesOf(ref edge.CustomerRef, key *seal.Customer) (out []mergeRow, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT number, parent, id, at, sealed FROM merges WHERE customer = ? ORDER BY number`, int64(ref))
	if err != nil {
		return nil, fmt.Errorf("reading merges: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row mergeRow
		var sealed []byte
		if err := rows.Scan(&row.number, &row.parent, &row.id, &row.at, &sealed); err != nil {
			return nil, fmt.Errorf("reading merges: %w", err)
		}
		if sealed != nil {
			if row.then, err = openSnapshot(key, row.number, sealed); err != nil {
				return nil, fmt.Errorf("reading merges: %w", err)
			}
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

func openSnapshot(key *seal.Customer, number int64, sealed []byte) (*snapshot, error) {
	plain, err := key.Open(fmt.Sprint("merge ", number), sealed)
	if err != nil {
		return nil, err
	}
	then := &snapshot{}
	return then, json.Unmarshal(plain, then)
}

// putMerge writes whose a merge is, sealed under her key.
func (w *work) putMerge(ref edge.CustomerRef, key *seal.Customer, row mergeRow) error {
	var sealed []byte
	if row.then != nil {
		plain, err := json.Marshal(row.then)
		if err != nil {
			return err
		}
		sealed = key.Seal(fmt.Sprint("merge ", row.number), plain)
	}
	if err := w.exec(`UPDATE merges SET customer = ?, parent = ?, sealed = ? WHERE number = ?`, int64(ref), row.parent, sealed, row.number); err != nil {
		return fmt.Errorf("keeping a merge: %w", err)
	}
	return nil
}

// endLineage gives up that merges can be taken back: the box is of a chain from now on. A visit that two had counts once.
func (w *work) endLineage() error {
	for _, query := range []string{
		`DELETE FROM visits WHERE customer IS NULL AND visit IN (SELECT ref FROM lineage WHERE what = 'twin')`,
		`DELETE FROM carded`, `DELETE FROM lineage`, `UPDATE merges SET sealed = NULL`,
	} {
		if err := w.exec(query); err != nil {
			return fmt.Errorf("ending the lineage of merges: %w", err)
		}
	}
	return nil
}

// knowLineages finds out whether anybody was merged here: as long as nobody was, no entry has to be looked at.
func (s *Store) knowLineages(ctx context.Context) error {
	var any bool
	if err := s.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM merges)`).Scan(&any); err != nil {
		return fmt.Errorf("looking for merges: %w", err)
	}
	s.lineages.Store(any)
	return nil
}

// follow makes an entry that still holds the number of somebody who was merged one of who she is now. What a lane holds at
// rest, or has under way, was looked up before the merge.
func (w *work) follow(e *edge.Entry) error {
	if !w.lineages.Load() {
		return nil
	}
	for whose, lane := range refsOfEntry(e) {
		ref, err := w.now(w.ctx, w.tx, *whose)
		if err == nil && ref != *whose && lane != "" {
			err = w.cardedAs(*whose, lane)
		}
		if err != nil {
			return err
		}
		*whose = ref
	}
	return nil
}

// cardedAs notes that the last card on a lane was of somebody who was merged since: it came with that merge, and with those by
// which she came along.
func (w *work) cardedAs(former edge.CustomerRef, lane string) error {
	return w.exec(`WITH RECURSIVE up (number) AS (SELECT number FROM merges WHERE former = ?1
			UNION SELECT m.parent FROM up JOIN merges m ON m.number = up.number WHERE m.parent IS NOT NULL)
		INSERT OR IGNORE INTO carded (customer, lane, merge)
			SELECT m.customer, ?2, m.number FROM up JOIN merges m ON m.number = up.number WHERE m.sealed IS NOT NULL`, int64(former), lane)
}

// refsOfEntry gives the places where an entry holds a customer's number, each with the lane that she is on where that is
// known. The parts are copied: whoever gave the entry may still read them.
func refsOfEntry(e *edge.Entry) map[*edge.CustomerRef]string {
	places := map[*edge.CustomerRef]string{}
	if e.Prompt != nil {
		e.Prompt = new(*e.Prompt)
		places[&e.Prompt.Customer] = ""
	}
	if e.Visit != nil {
		e.Visit = new(*e.Visit)
		places[&e.Visit.Customer] = e.Visit.Lane
	}
	if e.Attach != nil {
		e.Attach = new(*e.Attach)
		places[&e.Attach.Customer] = e.Attach.Lane
	}
	if e.Fact != nil {
		e.Fact = new(*e.Fact)
		places[&e.Fact.Customer] = ""
	}
	if e.Card != nil {
		e.Card = new(*e.Card)
		places[&e.Card.Customer] = e.Card.Lane
	}
	return places
}

// now gives the number that a customer has now: another one when she was merged.
func (s *Store) now(ctx context.Context, q queryer, ref edge.CustomerRef) (edge.CustomerRef, error) {
	if ref == edge.Stranger {
		return ref, nil
	}
	var now int64
	err := q.QueryRowContext(ctx, `SELECT customer FROM merges WHERE former = ?`, int64(ref)).Scan(&now)
	if errors.Is(err, sql.ErrNoRows) {
		return ref, nil
	}
	if err != nil {
		return ref, fmt.Errorf("looking for who was merged: %w", err)
	}
	return edge.CustomerRef(now), nil
}

// attribute notes what an entry teaches of somebody who has identifiers of several: with whose it was learnt, so that it
// goes with her when they are parted. It is known by the card that was last shown for her on that lane, and of a note by
// the prompt that it is about.
func (w *work) attribute(e *edge.Entry) error {
	if !w.lineages.Load() {
		return nil
	}
	var err error
	if c := e.Card; c != nil && c.Identifier.Value != "" {
		err = w.noteCard(*c)
	}
	if p := e.Prompt; p != nil && e.Lane != nil {
		err = errors.Join(err, w.exec(`INSERT OR IGNORE INTO lineage (merge, what, ref) SELECT merge, 'prompt', ?3 FROM carded WHERE customer = ?1 AND lane = ?2`,
			int64(p.Customer), e.Lane.Lane, idKey(p.ID)))
	}
	if v := e.Visit; v != nil {
		err = errors.Join(err, w.exec(`INSERT OR IGNORE INTO lineage (merge, what, ref) SELECT c.merge, 'visit', v.visit FROM carded c
			JOIN visits v ON v.customer = c.customer AND v.at = ?3 AND v.checkout = ?4 WHERE c.customer = ?1 AND c.lane = ?2`,
			int64(v.Customer), v.Lane, micros(v.At), v.Checkout))
	}
	if at := e.Attach; at != nil {
		err = errors.Join(err, w.exec(`INSERT OR IGNORE INTO lineage (merge, what, ref) SELECT c.merge, 'visit', v.visit FROM carded c
			JOIN visits v ON v.customer = c.customer AND v.lane = c.lane AND v.checkout = ?3 AND v.at >= ?4 WHERE c.customer = ?1 AND c.lane = ?2`,
			int64(at.Customer), at.Lane, at.Checkout, micros(at.After)))
	}
	if f := e.Fact; f != nil && e.About != "" {
		err = errors.Join(err, w.exec(`INSERT OR IGNORE INTO lineage (merge, what, ref) SELECT l.merge, 'fact', f.id FROM facts f
			JOIN merges m ON m.customer = f.customer JOIN lineage l ON l.merge = m.number AND l.what = 'prompt' AND l.ref = ?2 WHERE f.id = ?1`,
			idKey(f.ID), idKey(e.About)))
	}
	if err != nil {
		return fmt.Errorf("noting with which card it was learnt: %w", err)
	}
	return nil
}

// noteCard notes of a customer on a lane which merges her card came with: none, where it was always hers.
func (w *work) noteCard(c edge.Card) error {
	if err := w.exec(`DELETE FROM carded WHERE customer = ? AND lane = ?`, int64(c.Customer), c.Lane); err != nil {
		return err
	}
	merges, err := w.cameWith(c.Customer, c.Identifier)
	for i := 0; err == nil && i < len(merges); i++ {
		err = w.exec(`INSERT INTO carded (customer, lane, merge) VALUES (?, ?, ?)`, int64(c.Customer), c.Lane, merges[i])
	}
	return err
}

// cameWith are the merges that an identifier came to a customer with.
func (w *work) cameWith(ref edge.CustomerRef, id edge.Identifier) (merges []int64, err error) {
	var any bool
	err = w.tx.QueryRowContext(w.ctx, `SELECT EXISTS (SELECT 1 FROM merges WHERE customer = ?)`, int64(ref)).Scan(&any)
	if err != nil || !any {
		return nil, err
	}
	for _, hash := range w.opt.Seal.Hashes(id) {
		rows, err := w.tx.QueryContext(w.ctx, `SELECT l.merge FROM merges m JOIN lineage l ON l.merge = m.number AND l.what = 'identifier' AND l.ref = ?
			WHERE m.customer = ?`, hash.Sum[:], int64(ref))
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var n int64
			if err := rows.Scan(&n); err != nil {
				return nil, errors.Join(err, rows.Close())
			}
			if !slices.Contains(merges, n) {
				merges = append(merges, n)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	return merges, nil
}

// attributeVisit is attribute for a visit of a file, which names her by an identifier.
func (w *work) attributeVisit(ref edge.CustomerRef, id edge.Identifier, visit int64) error {
	if !w.lineages.Load() {
		return nil
	}
	merges, err := w.cameWith(ref, id)
	for i := 0; err == nil && i < len(merges); i++ {
		err = w.exec(`INSERT OR IGNORE INTO lineage (merge, what, ref) VALUES (?, 'visit', ?)`, merges[i], visit)
	}
	return err
}

// rehashLineage makes the lineage follow an identifier of hers to another key.
func (w *work) rehashLineage(ref edge.CustomerRef, from, to []byte) error {
	if !w.lineages.Load() {
		return nil
	}
	return w.exec(`UPDATE OR REPLACE lineage SET ref = ? WHERE ref = ? AND what IN ('identifier', 'shared') AND merge IN
		(SELECT number FROM merges WHERE customer = ?)`, to, from, int64(ref))
}

// Lineage is one merge as it is told.
type Lineage struct {
	ID          string // of who was merged
	Into        string // of who she was merged into, where that one was merged herself since; else empty
	At          time.Time
	Identifiers int
	Visits      int
	Facts       int
	Undo        bool // it can be taken back
}

// LineageOf tells who was merged into a customer, the oldest merge first.
func (s *Store) LineageOf(ctx context.Context, ref edge.CustomerRef) (out []Lineage, err error) {
	rows, err := s.read.QueryContext(context.WithoutCancel(ctx), `SELECT m.id, coalesce(p.id, x''), m.at, m.sealed IS NOT NULL AND m.parent IS NULL,
		(SELECT count(*) FROM lineage l WHERE l.merge = m.number AND l.what IN ('identifier', 'shared')),
		(SELECT count(*) FROM lineage l WHERE l.merge = m.number AND l.what IN ('visit', 'twin')),
		(SELECT count(*) FROM lineage l WHERE l.merge = m.number AND l.what = 'fact')
		FROM merges m LEFT JOIN merges p ON p.number = m.parent WHERE m.customer = ? ORDER BY m.number`, int64(ref))
	if err != nil {
		return nil, fmt.Errorf("reading merges: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var l Lineage
		var id, into []byte
		var at int64
		if err := rows.Scan(&id, &into, &at, &l.Undo, &l.Identifiers, &l.Visits, &l.Facts); err != nil {
			return nil, fmt.Errorf("reading merges: %w", err)
		}
		l.ID, l.Into, l.At = uuidText(id), uuidText(into), moment(at)
		out = append(out, l)
	}
	return out, rows.Err()
}
