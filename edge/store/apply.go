// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"redbench/edge"
)

// applying is one page of changes, or one customer that head office found, on its way into the record.
type applying struct {
	*work
	changed   map[edge.CustomerRef]struct{} // whose profile is another now
	joined    map[edge.CustomerRef]edge.CustomerRef
	forgotten []edge.CustomerRef
	published *edge.Published
	set       *edge.Settings
	relayed   bool // an event was kept
	destroyed bool // something was taken back: the journal is to be cut back
}

// Apply takes in a page of changes and moves the cursor, in one transaction: erasures first, then customers, then what is
// known of them. A page that comes again changes nothing. It tells who is to be taken off the lanes, and what the daemon
// has to do something about.
//
// A change that cannot be used (its id is no UUID, the record that it meets is damaged) is logged and left out: head
// office tells things in order, so that waiting for one would mean waiting for all. An erasure is never left out: then
// the page fails, and with it the cursor stays.
func (s *Store) Apply(ctx context.Context, page edge.Page) (edge.Applied, error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	out, err := s.applyPage(ctx, page)
	if err != nil {
		return edge.Applied{}, fmt.Errorf("applying a page of changes: %w", err)
	}
	return out, nil
}

func (s *Store) applyPage(ctx context.Context, page edge.Page) (edge.Applied, error) {
	keys, err := s.adopt(page.Changes)
	if err != nil {
		return edge.Applied{}, err
	}
	orders, release, err := s.plan(ctx, page.Changes)
	if err != nil {
		return edge.Applied{}, err
	}
	defer release()
	a, err := s.taking(ctx, func(a *applying) error { return a.page(page, orders) })
	if err != nil {
		return edge.Applied{}, err
	}
	s.scrubAside(ctx)
	out := a.applied()
	out.Keys = keys
	return out, nil
}

// adopt takes the chain's keys over before anything else is: they must not be lost when the cursor has moved on, and
// nothing that follows can be understood without them.
func (s *Store) adopt(changes []edge.Change) (keys *edge.ChainKeys, err error) {
	for _, c := range changes {
		if c.Keys != nil {
			keys = c.Keys
		}
	}
	if keys == nil {
		return nil, nil
	}
	return keys, s.opt.Seal.Adopt(*keys)
}

// taking runs take in one transaction, and then cuts the journal back if anything was taken out. To search the files for it is
// left to who calls, or to upkeep: see scrubAside.
func (s *Store) taking(ctx context.Context, take func(*applying) error) (a *applying, err error) {
	err = s.working(ctx, func(w *work) error {
		a = &applying{work: w, changed: map[edge.CustomerRef]struct{}{}, joined: map[edge.CustomerRef]edge.CustomerRef{}}
		return take(a)
	})
	if err != nil {
		return nil, err
	}
	if a.destroyed {
		// It is done, whether the journal could be cut back or not: upkeep does it within seconds.
		if err := s.cutBack(ctx); err != nil {
			s.opt.Log.Warn("what was taken back is still in the journal", "error", err)
		}
	}
	return a, nil
}

// page applies the changes by their kind: head office gives each its place by when it last changed, so that a fact may
// stand before the customer who allows it to be kept.
func (a *applying) page(page edge.Page, orders []*order) error {
	if err := a.begins(page); err != nil {
		return err
	}
	for _, o := range orders {
		if err := a.erasure(o); err != nil {
			return err
		}
	}
	for _, step := range []func(*edge.Change) error{a.boxChange, a.customerChange, a.factChange} {
		for i := range page.Changes {
			if err := a.guardedChange(&page.Changes[i], step); err != nil {
				return err
			}
		}
	}
	if !page.More || len(orders) < len(page.Changes) {
		// Erasures come first: where anything stands after them, or nothing is left to come, there are no more.
		if err := a.asked(a.opt.Now()); err != nil {
			return err
		}
	}
	return a.move(page)
}

// begins gives orders again with the first cursor: what comes with it is heard after that.
func (a *applying) begins(page edge.Page) error {
	if page.From == nil || *page.From != "" || page.Cursor == "" {
		return nil
	}
	if stands, err := metaText(a.ctx, a.tx, metaCursor); err != nil || stands != "" {
		return err
	}
	return a.firstCursor()
}

// move moves the cursor on, unless the box has begun to ask anew since this page was asked for.
func (a *applying) move(page edge.Page) error {
	if page.From != nil {
		stands, err := metaText(a.ctx, a.tx, metaCursor)
		if err != nil || stands != *page.From {
			return err
		}
	}
	return a.putMeta(metaCursor, page.Cursor)
}

// guardedChange takes one change in within a savepoint. Its error is one that ends the whole transaction.
func (a *applying) guardedChange(c *edge.Change, step func(*edge.Change) error) error {
	if err := a.exec(`SAVEPOINT change`); err != nil {
		return err
	}
	news, traces := len(a.news), len(a.traces)
	err := step(c)
	a.articles.settle(err == nil)
	if err == nil {
		return a.exec(`RELEASE change`)
	}
	if sinks(err) {
		return err
	}
	a.opt.Log.Error("a change from head office could not be applied; the others were", "kind", c.Kind, "error", err)
	a.news, a.traces = a.news[:news], a.traces[:traces]
	return errors.Join(a.exec(`ROLLBACK TO change`), a.exec(`RELEASE change`))
}

// boxChange takes in what concerns the box and no customer.
func (a *applying) boxChange(c *edge.Change) error {
	switch {
	case c.Playbook != nil:
		isNew, err := a.keepPlaybook(*c.Playbook)
		if isNew {
			a.published = c.Playbook
		}
		return err
	case c.Settings != nil:
		isNew, err := a.keepSettings(*c.Settings)
		if isNew {
			a.set = c.Settings
		}
		return err
	case c.Event != nil:
		a.relayed = true
		return a.keepRelayed(*c.Event)
	}
	return nil
}

func (a *applying) customerChange(c *edge.Change) error {
	if c.Customer == nil {
		return nil
	}
	ref, err := a.takeCustomer(*c.Customer)
	if err != nil || ref == edge.Stranger || len(c.Visits) == 0 {
		return err
	}
	return a.takeVisits(ref, c.Visits[:min(len(c.Visits), maxFoundVisits)])
}

func (a *applying) factChange(c *edge.Change) error {
	if c.Fact == nil {
		return nil
	}
	return a.takeFact(*c.Fact)
}

// applied is what the daemon is told.
func (a *applying) applied() edge.Applied {
	out := edge.Applied{Forgotten: a.forgotten, Playbook: a.published, Settings: a.set, Relayed: a.relayed}
	for from, into := range a.joined {
		out.Joined = append(out.Joined, edge.Joined{From: from, Into: into})
		delete(a.changed, from)
	}
	slices.SortFunc(out.Joined, func(x, y edge.Joined) int { return int(x.From - y.From) })
	for _, ref := range a.forgotten {
		delete(a.changed, ref)
	}
	out.Changed = slices.Sorted(maps.Keys(a.changed))
	return out
}
