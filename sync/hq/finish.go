// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"redbench/edge"
)

// finish writes what the transaction has come to, and what each store is to be told of it: customers before their facts,
// since a fact means nothing to a store that does not know her.
func (w *work) finish() error {
	people := slices.SortedFunc(maps.Values(w.people), func(a, b *person) int { return cmp.Compare(a.number, b.number) })
	var changed []*person
	for _, p := range people {
		if err := w.settle(p); err != nil {
			return err
		}
		if !p.isNew && !p.joined && equal(p.before, p.state) {
			continue
		}
		changed = append(changed, p)
	}
	if err := w.keepPeople(changed); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	facts, err := w.keepFacts()
	if err != nil {
		return err
	}
	if err := w.tell(changed, facts); err != nil {
		return err
	}
	if err := w.tx.PutChanges(w.changes); err != nil {
		return fmt.Errorf("noting what stores are to be told: %w", err)
	}
	return w.keepCounters()
}

// keepPeople writes those whose state is not written yet, and gives all of them their place in the order of changes.
func (w *work) keepPeople(changed []*person) error {
	rows := make([]Entity, len(changed))
	for i, p := range changed {
		if p.kept == nil || !equal(*p.kept, p.state) {
			if err := w.keep(p); err != nil {
				return err
			}
		}
		pos, err := w.next()
		if err != nil {
			return err
		}
		rows[i] = Entity{Pos: pos, Kind: EntityCustomer, ID: decimal(p.number), Store: w.store, Number: p.number, At: w.now.UnixMicro()}
	}
	if err := w.tx.PutEntities(rows); err != nil {
		return fmt.Errorf("keeping customers: %w", err)
	}
	return nil
}

// keepFacts writes the facts that changed and deletes those that are void, and gives the former.
func (w *work) keepFacts() (changed []*fact, err error) {
	var void []string
	for _, f := range slices.SortedFunc(maps.Values(w.facts), func(a, b *fact) int { return cmp.Compare(a.ID, b.ID) }) {
		switch {
		case f.void && f.rests:
			void = append(void, f.ID)
		case f.changed && !f.void:
			changed = append(changed, f)
		}
	}
	rows := make([]Entity, len(changed))
	for i, f := range changed {
		if err := w.seal(f); err != nil {
			return nil, err
		}
		if f.Pos, err = w.next(); err != nil {
			return nil, err
		}
		rows[i] = f.Entity
	}
	err = errors.Join(w.tx.PutEntities(rows), w.tx.DeleteEntities(EntityFact, void), w.tx.DeleteChanges(edge.ChangeFact, void),
		w.noteVoid(void, rows))
	if err != nil {
		return nil, fmt.Errorf("keeping facts: %w", err)
	}
	return changed, nil
}

// noteVoid keeps of facts that their customer took back that they are gone, for readers of the feed, and no longer of those
// that were told anew. It merges with nothing: told later than she took back, a fact is one.
func (w *work) noteVoid(void []string, kept []Entity) error {
	rows := make([]Entity, 0, len(void))
	for _, id := range void {
		f := w.facts[id]
		gone := &fact{Entity: f.Entity, state: edge.FactState{ID: id, Kind: f.state.Kind, Gone: true}}
		if err := w.seal(gone); err != nil {
			return err
		}
		pos, err := w.next()
		if err != nil {
			return err
		}
		gone.Kind, gone.Pos, gone.Store, gone.At = EntityVoid, pos, w.store, w.now.UnixMicro()
		rows = append(rows, gone.Entity)
	}
	ids := make([]string, len(kept))
	for i := range kept {
		ids[i] = kept[i].ID
	}
	again, err := w.tx.EntitiesByID(EntityVoid, ids, false)
	if err != nil {
		return err
	}
	return errors.Join(w.tx.PutEntities(rows), w.tx.DeleteEntities(EntityVoid, slices.Sorted(maps.Keys(again))))
}

func (w *work) keepCounters() error {
	for name, c := range map[string]counter{valuePos: w.pos, valueCustomers: w.customers} {
		if !c.used {
			continue
		}
		if err := w.putNumber(name, c.last); err != nil {
			return err
		}
	}
	if w.moved {
		return w.tx.PutValue(valueStamp, []byte(w.clock.Last().String()))
	}
	return nil
}

// settle drops what a customer does not allow to keep. Whoever holds more than she allows raises her mark, so that
// everybody else drops it too.
func (w *work) settle(p *person) error {
	if p.state.Consent() == edge.ConsentNone && slices.ContainsFunc(edge.NameFields, func(f string) bool { return p.state.Fields[f].Value != "" }) {
		at, err := w.stamp()
		if err != nil {
			return err
		}
		p.state.Fields = p.state.Fields.Merge(nil) // a copy
		p.state.Fields.TakeBack(at, edge.NameFields...)
	}
	heard := !p.isNew && p.before.Consent() == "" || p.unheard
	if remembers(p.state) && p.state.Unlearnt == p.before.Unlearnt && !p.joined && !heard {
		return nil
	}
	facts, err := w.allFacts(p)
	if err != nil {
		return err
	}
	if heard && p.state.Consent() == edge.ConsentRemember {
		w.heard(facts)
	}
	if !remembers(p.state) {
		left, err := w.keepsMore(p, facts)
		if err != nil {
			return err
		}
		if left || p.late {
			if p.state.Unlearnt, err = w.stamp(); err != nil {
				return err
			}
		}
	}
	for _, f := range facts {
		if !w.mayKeep(p, f.state) {
			f.void = true
			w.holds(f)
		}
	}
	return w.estrange(p)
}

// heard passes on facts that waited for what she allows, as if they were told now.
func (w *work) heard(facts []*fact) {
	for _, f := range facts {
		f.changed = true
		w.holds(f)
	}
}

// keepsMore reports whether anything is kept of a customer that she does not allow: a fact, or that a visit was hers.
func (w *work) keepsMore(p *person, facts []*fact) (bool, error) {
	if slices.ContainsFunc(facts, func(f *fact) bool { return !f.state.Gone && f.state.Learnt().After(p.state.Unlearnt) }) {
		return true, nil
	}
	if err := w.flush(); err != nil {
		return false, err
	}
	visits, err := w.tx.EntitiesOf(p.number, EntityVisit, 1)
	if err != nil {
		return false, fmt.Errorf("looking for visits of a customer: %w", err)
	}
	return len(visits) > 0, nil
}

// allFacts are a customer's facts, those that are not written yet among them, without those that are void already.
func (w *work) allFacts(p *person) ([]*fact, error) {
	facts, err := w.factsOf(p)
	if err != nil {
		return nil, err
	}
	for _, f := range w.factsBy[p.number] {
		if !f.rests {
			facts = append(facts, f)
		}
	}
	return slices.DeleteFunc(facts, func(f *fact) bool { return f.void }), nil
}

// makeStrange makes a customer's visits up to a moment a stranger's, each at a new place, so that readers of the feed hear
// of it.
func (w *work) makeStrange(number, upto int64) error {
	visits, err := w.tx.EntitiesOf(number, EntityVisit, 0)
	if err != nil {
		return fmt.Errorf("taking visits off a customer: %w", err)
	}
	visits = slices.DeleteFunc(visits, func(e Entity) bool { return e.At > upto })
	for i := len(visits) - 1; i >= 0; i-- { // the oldest first
		visits[i].Number = 0
		if visits[i].Pos, err = w.next(); err != nil {
			return err
		}
		if at, is := w.at[entityKey(EntityVisit, visits[i].ID)]; is {
			w.put[at].Entity = visits[i]
		}
	}
	if err := w.tx.PutEntities(visits); err != nil {
		return fmt.Errorf("taking visits off a customer: %w", err)
	}
	return nil
}

// estrange makes the visits that a customer does not allow to keep a stranger's, and drops what came of her prompts.
func (w *work) estrange(p *person) error {
	upto := w.keptAfter(p)
	if upto == 0 {
		return nil
	}
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.makeStrange(p.number, upto); err != nil {
		return err
	}
	outcomes, err := w.tx.EntitiesOf(p.number, EntityOutcome, 0)
	if err != nil {
		return fmt.Errorf("taking outcomes off a customer: %w", err)
	}
	var ids []string
	for _, e := range outcomes {
		if e.At <= upto {
			ids = append(ids, e.ID)
		}
	}
	return w.tx.DeleteEntities(EntityOutcome, ids)
}
