// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"redbench/edge"
	"redbench/edge/memory"
)

// learnt is what one customer's visits taught, under way: the memory row, and those habits that were touched.
type learnt struct {
	customer edge.CustomerRef
	person   memory.Person
	latest   int64 // number of the last visit
	pace     pace
	before   edge.Rhythm // as it was at rest
	told     []int64     // moments of her open facts, in order
	habits   map[int64]memory.Thing
	void     bool // what is at rest was kept by another version
	anew     bool // computed from all visits: what is at rest counts for nothing
}

// learn takes new visits of one customer, in order of time, into her memory. A visit that is older than her last one
// changes the number of every later visit, on which all weights rest; then her memory is computed anew from her visits.
func (w *work) learn(customer edge.CustomerRef, visits []visitRow) error {
	w.touch(customer)
	m, err := w.learnt(customer)
	if err == nil {
		var late bool
		if late, err = w.late(m, visits[0]); err == nil && late {
			m, visits, err = w.outOfOrder(m, visits)
		}
	}
	for i := 0; err == nil && i < len(visits); i++ {
		err = w.take(m, visits[i])
	}
	if err == nil {
		err = w.keep(m)
	}
	if err != nil {
		return fmt.Errorf("learning from a visit: %w", err)
	}
	return nil
}

// outOfOrder gives what a late visit is learnt with: all of her visits from the beginning. Where the earlier ones are kept no
// longer (see sweep.go) they cannot be learnt again, and what they taught is not given up for the order of two baskets: the late
// one counts as if it had come right after her last.
func (w *work) outOfOrder(m *learnt, visits []visitRow) (*learnt, []visitRow, error) {
	var kept int
	err := w.tx.QueryRowContext(w.ctx, `SELECT count(*) FROM visits WHERE customer = ?`, int64(m.customer)).Scan(&kept)
	if err != nil {
		return nil, nil, err
	}
	if m.void || kept-len(visits) >= m.person.Visits {
		m = m.startOver()
		visits, err = w.visitsOf(m.customer)
		return m, visits, err
	}
	visits = slices.Clone(visits)
	for i := range visits {
		if visits[i].at < m.person.Last {
			visits[i].at, visits[i].number = m.person.Last, m.latest
		}
	}
	return m, visits, nil
}

func (w *work) learnt(customer edge.CustomerRef) (*learnt, error) {
	m := &learnt{customer: customer, habits: map[int64]memory.Thing{}}
	told, err := w.toldAt(customer)
	if err != nil {
		return nil, err
	}
	m.told = told
	var usual, rhythm []byte
	err = w.tx.QueryRowContext(w.ctx, `SELECT latest, usual, rhythm FROM memory WHERE customer = ?`, int64(customer)).
		Scan(&m.latest, &usual, &rhythm)
	if errors.Is(err, sql.ErrNoRows) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	if m.pace, err = unpackPace(rhythm); err != nil {
		return nil, err
	}
	m.before = m.pace.rhythm
	if m.void = len(rhythm) == 0 || m.person.UnmarshalBinary(usual) != nil; m.void {
		return m, nil
	}
	for i := range m.person.Things {
		if m.person.Things[i].SKU, err = w.skuOf(m.person.Things[i].Item); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// startOver is the same customer with nothing learnt yet.
func (m *learnt) startOver() *learnt {
	return &learnt{customer: m.customer, habits: map[int64]memory.Thing{}, before: m.before, told: m.told, anew: true}
}

// toldAt gives the moments of a customer's open facts that may be shown, in order.
func (w *work) toldAt(customer edge.CustomerRef) (all []int64, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT at FROM facts WHERE customer = ? AND closed = 0 AND private = 0 ORDER BY at`, int64(customer))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var at int64
		if err := rows.Scan(&at); err != nil {
			return nil, err
		}
		all = append(all, at)
	}
	return all, rows.Err()
}

// late reports whether a visit belongs before the last one known. What another version kept is computed anew too.
func (w *work) late(m *learnt, v visitRow) (bool, error) {
	last := m.person.Last
	switch {
	case m.void || m.person.Visits > 0 && v.at < last:
		return true, nil
	case m.person.Visits == 0 || v.at > last:
		return false, nil
	}
	var checkout string
	err := w.tx.QueryRowContext(w.ctx, `SELECT checkout FROM visits WHERE visit = ?`, m.latest).Scan(&checkout)
	return v.checkout < checkout, err
}

// take learns from the next visit.
func (w *work) take(m *learnt, v visitRow) error {
	items, numbers, err := w.receipt(v.lines)
	if err != nil {
		return err
	}
	things := memory.Things(items)
	for part := range slices.Chunk(things, insertBatch) {
		if err := w.recall(m, part, numbers); err != nil {
			return err
		}
	}
	bought := make([]memory.Thing, len(things))
	for i, thing := range things {
		bought[i] = m.habits[numbers[thing.SKU]]
	}
	at := w.local(v.at)
	if !m.anew { // the model has learnt those visits
		w.teach(&m.person, at, bought)
	}
	for _, thing := range m.person.Learn(at, bought) {
		m.habits[thing.Item] = thing
	}
	m.latest = v.number
	m.pace = w.visited(m.pace, m.person.First, v.at, m.told, m.shares())
	return nil
}

// shares gives her most usual things as a stage's evidence needs them.
func (m *learnt) shares() []edge.Habit {
	out := make([]edge.Habit, min(len(m.person.Things), usualThings))
	for i := range out {
		t := &m.person.Things[i]
		out[i] = edge.Habit{P: memory.P(t.LogW, m.person.Visits), Times: t.Times}
	}
	return out
}

// receipt gives a visit's lines as items, and the number of each.
func (w *work) receipt(lines []line) ([]edge.Item, map[string]int64, error) {
	items := make([]edge.Item, 0, len(lines))
	numbers := make(map[string]int64, len(lines))
	for _, l := range lines {
		sku, err := w.skuOf(l.item)
		if err != nil {
			return nil, nil, err
		}
		items = append(items, edge.Item{SKU: sku, Quantity: l.quantity})
		numbers[sku] = l.item
	}
	return items, numbers, nil
}

// skuOf looks among the articles of this transaction first: the dictionary learns of them only when they are committed.
func (w *work) skuOf(number int64) (string, error) {
	if sku, ok := w.articles.number(number); ok {
		return sku, nil
	}
	it, err := w.items.number(w.ctx, w.tx, number)
	return it.sku, err
}

// recall brings the habits of some things as they stand, with one statement for all that this transaction has not
// touched yet.
func (w *work) recall(m *learnt, things []edge.Item, numbers map[string]int64) error {
	args := append(make([]any, 0, 1+len(things)), int64(m.customer))
	for _, thing := range things {
		number := numbers[thing.SKU]
		if _, touched := m.habits[number]; !touched {
			m.habits[number] = memory.Thing{Item: number, SKU: thing.SKU}
			args = append(args, number)
		}
	}
	if m.anew || m.person.Visits == 0 || len(args) == 1 {
		return nil
	}
	rows, err := w.tx.QueryContext(w.ctx, `SELECT item, logw, times, last, more FROM habits WHERE customer = ? AND item IN (`+marks(len(args)-1)+`)`, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t memory.Thing
		var more sql.RawBytes
		if err := rows.Scan(&t.Item, &t.LogW, &t.Times, &t.Last, &more); err != nil {
			return err
		}
		if t.More, err = memory.ReadMore(more); err != nil {
			return err
		}
		t.SKU = m.habits[t.Item].SKU
		m.habits[t.Item] = t
	}
	return rows.Err()
}

// keep writes what was learnt.
func (w *work) keep(m *learnt) error {
	if m.anew {
		if err := w.exec(`DELETE FROM habits WHERE customer = ?`, int64(m.customer)); err != nil {
			return err
		}
	}
	w.moved(m.before, m.pace.rhythm)
	for part := range slices.Chunk(slices.Collect(maps.Values(m.habits)), insertBatch) {
		if err := w.keepHabits(m.customer, part); err != nil {
			return err
		}
	}
	person, err := m.person.MarshalBinary()
	if err != nil {
		return err
	}
	return w.exec(`INSERT INTO memory (customer, visits, first, last, latest, usual, rhythm) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (customer) DO UPDATE SET visits = excluded.visits, first = excluded.first, last = excluded.last,
			latest = excluded.latest, usual = excluded.usual, rhythm = excluded.rhythm`,
		int64(m.customer), m.person.Visits, m.person.First, m.person.Last, m.latest, person, packPace(m.pace))
}

func (w *work) keepHabits(customer edge.CustomerRef, habits []memory.Thing) error {
	values := make([]any, 0, 6*len(habits))
	for _, t := range habits {
		values = append(values, int64(customer), t.Item, t.LogW, t.Times, t.Last, t.More.Append(nil))
	}
	return w.insert(`INSERT INTO habits (customer, item, logw, times, last, more) VALUES `, 6, values,
		` ON CONFLICT DO UPDATE SET logw = excluded.logw, times = excluded.times, last = excluded.last, more = excluded.more`)
}
