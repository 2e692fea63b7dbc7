// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"encoding/json"
	"fmt"

	"redbench/edge"
)

// fact is a fact under way in one transaction.
type fact struct {
	Entity
	state   edge.FactState
	before  edge.FactState  // as it was before this transaction
	sent    *edge.FactState // as the store told it in this transaction
	rests   bool            // it is in the store
	changed bool
	void    bool // it is to be deleted
}

func factColumn(id string) string { return "fact " + id }

// fact takes a state of a fact in. What an erased customer told is dropped; what one does not allow to keep is too, and
// then her mark is raised, so that the store which told it drops it as well.
func (w *work) fact(s edge.FactState) error {
	if err := w.resolve(s.Customer); err != nil {
		return err
	}
	s.Fields = bounded(s.Fields, factField)
	told := len(s.Fields)
	var err error
	if s.Fields, err = w.hear(s.Fields); err != nil {
		return err
	}
	if len(s.Fields) == 0 && told > 0 && !s.Gone {
		return nil // nothing of it is believed
	}
	p, err := w.about(s.Customer)
	if err != nil || p == nil {
		return err
	}
	f, err := w.factByID(s.ID)
	if err != nil {
		return err
	}
	if f == nil {
		f = &fact{Entity: Entity{Kind: EntityFact, ID: s.ID, Number: p.number}, state: edge.FactState{ID: s.ID}}
		w.holds(f)
	} else if p, err = w.person(f.Number); err != nil { // a fact does not change hands but by joining
		return err
	}
	before := f.state
	f.state = before.Merge(s)
	f.state.Customer = ""
	f.sent = &s
	w.tells(p.number, s.Customer)
	if !w.mayKeep(p, f.state) {
		f.void = true
		p.late = p.late || f.state.Learnt().After(p.state.Unlearnt)
		return nil
	}
	f.void = false
	if !equal(before, f.state) || !f.rests {
		f.changed = true
		f.Store, f.At = w.store, learntAt(f.state, w.now.UnixMicro())
	}
	return nil
}

// learntAt is when a fact was learnt, for the order of an export; or else now.
func learntAt(s edge.FactState, now int64) int64 {
	if at := s.Learnt().Wall; at != 0 {
		return at
	}
	return now
}

// mayKeep reports whether a fact of hers may be kept. That one is gone may always be known.
func (w *work) mayKeep(p *person, s edge.FactState) bool {
	if s.Gone {
		return true
	}
	return remembers(p.state) && s.Learnt().After(p.state.Unlearnt)
}

// about gives the customer of an id that a record names; nil for one who was erased. One who was never told of is made,
// without anything known: her own record may come later.
func (w *work) about(id string) (*person, error) {
	if id == "" || w.isGone(id) {
		return nil, nil
	}
	if n := w.known[id].Number; n != 0 {
		return w.person(n)
	}
	return w.newPerson(edge.CustomerState{ID: id})
}

// factByID gives a fact as it stands; nil when there is none.
func (w *work) factByID(id string) (*fact, error) {
	if f := w.facts[id]; f != nil {
		return f, nil
	}
	all, err := w.tx.EntitiesByID(EntityFact, []string{id}, true)
	if err != nil {
		return nil, fmt.Errorf("reading a fact: %w", err)
	}
	e, is := all[id]
	if !is {
		return nil, nil
	}
	f, err := w.openFact(e)
	if w.leaveOut("a fact", err) { // what is told now takes its place
		f, err = &fact{Entity: e, rests: true, state: edge.FactState{ID: id}}, nil
	}
	if err != nil {
		return nil, err
	}
	w.holds(f)
	return f, nil
}

func (w *work) openFact(e Entity) (*fact, error) {
	p, err := w.person(e.Number)
	if err != nil {
		return nil, err
	}
	f := &fact{Entity: e, rests: true}
	plain, err := p.key.Open(factColumn(e.ID), e.Body)
	if err != nil {
		return nil, damaged(err)
	}
	if err := json.Unmarshal(plain, &f.state); err != nil {
		return nil, damaged(err)
	}
	f.before = f.state
	return f, nil
}

// factsOf opens all facts of a customer. One that is damaged says nothing, and goes with the first that may not be kept.
func (w *work) factsOf(p *person) ([]*fact, error) {
	all, err := w.tx.EntitiesOf(p.number, EntityFact, 0)
	if err != nil {
		return nil, fmt.Errorf("reading facts: %w", err)
	}
	out := make([]*fact, 0, len(all))
	for _, e := range all {
		f := w.facts[e.ID]
		if f == nil {
			f, err = w.openFact(e)
			if w.leaveOut("a fact", err) {
				f, err = &fact{Entity: e, rests: true, state: edge.FactState{ID: e.ID}}, nil
			}
			if err != nil {
				return nil, err
			}
		}
		out = append(out, f)
	}
	return out, nil
}

// seal makes a fact's body.
func (w *work) seal(f *fact) error {
	p, err := w.person(f.Number)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(f.state)
	if err != nil {
		return fmt.Errorf("keeping a fact: %w", err)
	}
	f.Body = p.key.Seal(factColumn(f.ID), plain)
	return nil
}
