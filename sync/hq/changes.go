// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

const (
	pageChanges = 200     // what a page holds where nobody says: a box applies one while tills wait
	maxPage     = 1_000   // and whatever is asked for
	pageBytes   = 3 << 19 // it is full then: one change more, and her whom that is about, still fit into wire.MaxBatch
	pageStep    = 50      // how many rows are read at a time: their bodies may be large
)

// Changes gives what a store is to be told after a cursor, erasures first. An empty cursor begins anew, and brings also what
// the store itself has told. A text that is no cursor fails with ErrCursor, and so does a cursor from before a backup was
// restored here. At most limit changes, and 1,000; 0: 200. What cannot travel is left out, and said in the log.
func (h *HQ) Changes(ctx context.Context, store, after string, limit int) (page edge.Page, err error) {
	if limit <= 0 {
		limit = pageChanges
	}
	limit = min(limit, maxPage)
	c, err := h.parseCursor(store, after)
	if err != nil {
		return page, err
	}
	var waits int64
	err = h.view(ctx, store, func(w *work) error {
		if c, err = w.begun(c); err != nil {
			return err
		}
		if waits, err = w.tx.FirstRelay(store); err != nil {
			return err
		}
		if err := w.stillBegins(&c); err != nil {
			return err
		}
		p := pager{work: w, cursor: c, left: limit, bytes: pageBytes}
		if err := p.erasures(); err != nil {
			return err
		}
		if !p.page.More {
			if err := p.remind(c.erasures); err != nil {
				return err
			}
		}
		if !p.page.More {
			if err := p.changes(); err != nil {
				return err
			}
		}
		if !p.page.More { // nothing up to now is left: the next question need not look through it
			if err := p.toTheEnd(); err != nil {
				return err
			}
		}
		p.page.Cursor = h.text(store, p.cursor)
		page = p.page
		return nil
	})
	if err == nil && waits != 0 && waits <= c.changes {
		err = h.delivered(ctx, store, c)
	}
	if err = h.noticed(ctx, err); err != nil {
		return edge.Page{}, fmt.Errorf("listing changes for store %q: %w", store, err)
	}
	return page, nil
}

// pager fills one page.
type pager struct {
	*work
	cursor cursor
	page   edge.Page
	left   int // changes
	bytes  int
}

func (p *pager) toTheEnd() error {
	last, err := p.number(valuePos)
	p.cursor.erasures, p.cursor.changes = last, last
	return err
}

// stillBegins makes a store that has begun anew, and is not done, be told what it has told itself up to now: what changed since
// it began stands later, and would come without the visits.
func (w *work) stillBegins(c *cursor) (err error) {
	if c.changes < c.full {
		c.full, err = w.number(valuePos)
	}
	return err
}

// add puts a change on the page, unless it cannot travel: what stands behind it must not wait for it for ever.
func (p *pager) add(c edge.Change) {
	size, err := wire.ChangeSize(&c)
	if err != nil {
		p.opt.Log.Error("a change for a store cannot travel, and is left out", "store", p.store, "kind", c.Kind, "error", err)
		return
	}
	p.page.Changes = append(p.page.Changes, c)
	p.left--
	p.bytes -= size
}

func (p *pager) full() bool { return p.left <= 0 || p.bytes <= 0 }

func (p *pager) erasures() error {
	for {
		rows, err := p.tx.ErasuresAfter(p.cursor.erasures, pageStep)
		if err != nil {
			return err
		}
		for i := range rows {
			if p.full() {
				p.page.More = true
				return nil
			}
			order := p.fitting(rows[i].Order)
			p.add(edge.Change{Kind: edge.ChangeErasure, Erasure: &order})
			p.cursor.erasures = rows[i].Pos
		}
		if len(rows) < pageStep {
			return nil
		}
	}
}

// changes reads as many rows as the page holds, and one more. Some may stand for nothing any more, so that it need not fill
// up.
func (p *pager) changes() error {
	for rest := p.left + 1; rest > 0; {
		most := min(rest, pageStep)
		rows, err := p.tx.ChangesAfter(p.store, p.cursor.changes, p.cursor.full, most)
		if err != nil {
			return err
		}
		clear(p.people) // a thousand need not be held at once
		if err := p.take(rows); err != nil || p.page.More {
			return err
		}
		if len(rows) < most {
			return nil
		}
		rest -= len(rows)
	}
	p.page.More = true
	return nil
}

// take puts what rows stand for on the page, as far as it goes on it.
func (p *pager) take(rows []ChangeRow) error {
	facts, err := p.bodies(rows)
	if err != nil {
		return err
	}
	customers, err := p.places(facts)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if p.full() {
			p.page.More = true
			return nil
		}
		if e := facts[row.ID]; row.Kind == edge.ChangeFact {
			row.Number = e.Number // who she is now
		}
		if row.Kind == edge.ChangeFact && customers[decimal(row.Number)] > row.Pos {
			if err := p.before(row, customers); err != nil {
				return err
			}
		}
		change, err := p.change(row, facts)
		if err != nil {
			return err
		}
		if change != nil {
			p.add(*change)
		}
		p.cursor.changes = row.Pos
	}
	return nil
}

// bodies reads the facts of a page at once.
func (p *pager) bodies(rows []ChangeRow) (map[string]Entity, error) {
	var ids []string
	for _, row := range rows {
		if row.Kind == edge.ChangeFact {
			ids = append(ids, row.ID)
		}
	}
	return p.tx.EntitiesByID(EntityFact, ids, true)
}

// places gives where the customers of a page's facts stand in the store's order.
func (p *pager) places(facts map[string]Entity) (map[string]int64, error) {
	var ids []string
	for _, e := range facts {
		ids = append(ids, decimal(e.Number))
	}
	return p.tx.Places(p.store, edge.ChangeCustomer, sorted(ids))
}

// before tells of a fact's customer before the fact, where she changed after it: the store may not know her yet, and a fact
// of somebody unknown means nothing to it. She comes once more in her own place, which changes nothing.
func (p *pager) before(fact ChangeRow, customers map[string]int64) error {
	id := decimal(fact.Number)
	delete(customers, id) // once is enough
	change, err := p.change(ChangeRow{Store: p.store, Kind: edge.ChangeCustomer, ID: id, Number: fact.Number}, nil)
	if err == nil && change != nil {
		p.add(*change)
	}
	return err
}

// change makes what a row stands for; nil for what there is no more, or cannot be read.
func (p *pager) change(row ChangeRow, facts map[string]Entity) (*edge.Change, error) {
	change, err := p.standsFor(row, facts)
	if p.leaveOut("a change for store "+p.store, err) {
		return nil, nil
	}
	return change, err
}

func (p *pager) standsFor(row ChangeRow, facts map[string]Entity) (*edge.Change, error) {
	change := &edge.Change{Kind: row.Kind}
	switch row.Kind {
	case edge.ChangeCustomer:
		number, err := strconv.ParseInt(row.ID, 10, 64)
		if err != nil {
			return nil, err
		}
		c, err := p.person(number)
		if errors.Is(err, edge.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		state, err := p.forStore(p.store, c)
		if err != nil {
			return nil, err
		}
		change.Customer = &state
		if row.Pos > p.cursor.full || !remembers(state) {
			return change, nil
		}
		change.Visits, err = p.latestVisits(number, state.ID)
		return change, err
	case edge.ChangeFact:
		e, is := facts[row.ID]
		if !is {
			return nil, nil
		}
		state, err := p.factState(e)
		if err != nil {
			return nil, err
		}
		change.Fact = &state
		state.Customer, err = p.callsFact(p.store, p.people[e.Number])
		return change, err
	case edge.ChangeSettings:
		settings, err := p.settings()
		change.Settings = &settings
		return change, err
	case edge.ChangeKeys:
		keys, err := p.chainKeys()
		change.Keys = &keys
		return change, err
	case edge.ChangePlaybook:
		published, err := p.playbookFor(p.store)
		if errors.Is(err, edge.ErrNotFound) {
			return nil, nil
		}
		change.Playbook = &published
		return change, err
	case edge.ChangeEvent:
		event, err := p.relayed(row)
		if err != nil || event == nil {
			return nil, err
		}
		change.Event = event
		return change, nil
	}
	return nil, nil
}

// factState is a fact as it travels: with the id that names the customer everywhere.
func (w *work) factState(e Entity) (edge.FactState, error) {
	f, err := w.openFact(e)
	if err != nil {
		return edge.FactState{}, err
	}
	p, err := w.person(e.Number)
	if err != nil {
		return edge.FactState{}, err
	}
	f.state.Customer = p.state.ID
	if p.state.Consent() == "" {
		f.state.Fields = nil // nobody has said yet that what she told may be passed on: it waits for that (see heard)
	}
	f.state.Fields = bounded(f.state.Fields, factField)
	return f.state, nil
}

// lookEvery is how often it is looked whether another process (a verb of the command line, another receiver) has written.
const lookEvery = time.Second

// Wait returns nil when a store has something to be told after a cursor, or the context's error.
func (h *HQ) Wait(ctx context.Context, store, after string) error {
	c, err := h.parseCursor(store, after)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for looked := int64(-1); ; {
		changed := h.wake.listen(store)
		has, pos, err := h.has(ctx, store, c, looked)
		if err != nil || has {
			return err
		}
		looked = pos
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-ticker.C:
		}
	}
}

// has reports whether there is something after a cursor, and the last position that was given out. Nothing has been given
// out since looked: then there is not.
func (h *HQ) has(ctx context.Context, store string, c cursor, looked int64) (has bool, pos int64, err error) {
	err = h.view(ctx, store, func(w *work) error {
		if pos, err = w.number(valuePos); err != nil || pos == looked {
			return err
		}
		c, err := w.begun(c)
		if err != nil {
			return err
		}
		erasures, err := w.tx.ErasuresAfter(c.erasures, 1)
		if err != nil {
			return err
		}
		changes, err := w.tx.ChangesAfter(store, c.changes, c.full, 1)
		has = len(erasures)+len(changes) > 0
		return err
	})
	if err != nil {
		return false, 0, fmt.Errorf("looking for changes for store %q: %w", store, err)
	}
	return has, pos, nil
}
