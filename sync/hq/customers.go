// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"errors"
	"fmt"
	"slices"

	"redbench/edge"
)

// customer takes a state of a customer in: she is made, or merged with who she is already, or dropped because she was
// erased. It gives nil when she was.
func (w *work) customer(s edge.CustomerState) (*person, error) {
	if err := w.resolve(append([]string{s.ID}, s.Also...)...); err != nil {
		return nil, err
	}
	s.Fields = bounded(s.Fields, customerField)
	var err error
	if s.Fields, err = w.hear(s.Fields); err != nil {
		return nil, err
	}
	if s.Unlearnt, err = w.hearMoment(s.Unlearnt); err != nil {
		return nil, err
	}
	w.apart = false
	s = w.oneChain(w.withChain(normalOf(s)), nil)
	if w.apart {
		s = w.withoutOthers(s)
	}
	if s, err = w.believed(s); err != nil {
		return nil, err
	}
	numbers := w.numbers(s)
	if dropped, err := w.dropped(&s, &numbers); dropped || err != nil {
		return nil, err
	}
	p, joined, err := w.whose(s, numbers)
	if err != nil {
		return nil, err
	}
	if !p.isNew || len(numbers) > 0 {
		s = w.oneChain(s, p.state.Identifiers)
	}
	s = w.notOf(s, p.number)
	alone := p.isNew && len(numbers) == 0 // nobody has anything that she has
	has := len(p.state.Identifiers)
	p.state = p.state.Merge(s)
	if err := w.bound(p); err != nil {
		return nil, err
	}
	if len(p.state.Identifiers) > has { // so that the records after this one find her by them
		if err := w.tx.PutIdentifiers(p.number, p.state.Identifiers); err != nil {
			return nil, fmt.Errorf("keeping identifiers: %w", err)
		}
	}
	if err := w.calledAnew(p, s.ID); err != nil {
		return nil, err
	}
	w.tells(p.number, s.ID)
	if p.sent != nil {
		s = p.sent.Merge(s)
	}
	p.sent = &s
	if !alone {
		if p, err = w.joinAll(p, mostJoins-joined); err != nil {
			return nil, err
		}
	}
	w.note(p)
	return p, nil
}

// normalOf keeps the id that the store uses first, since the erased are told by it.
func normalOf(s edge.CustomerState) edge.CustomerState {
	id := s.ID
	s = normal(s)
	if s.ID != id {
		s.Also = append(slices.DeleteFunc(slices.Clone(s.Also), func(each string) bool { return each == id }), s.ID)
		s.ID = id
	}
	return s
}

// numbers are the customers whom a state's ids lead to, the oldest first.
func (w *work) numbers(s edge.CustomerState) (out []int64) {
	for _, id := range append([]string{s.ID}, s.Also...) {
		if n := w.known[id].Number; n != 0 && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// whose gives the customer that a state is about: a new one where nobody is. Several whom a box knows as one are joined;
// joined is how many.
func (w *work) whose(s edge.CustomerState, numbers []int64) (p *person, joined int, err error) {
	if len(numbers) == 0 {
		p, err = w.newPerson(normal(s))
		return p, 0, err
	}
	self := w.known[s.ID].Number
	if self == 0 {
		self = numbers[0]
	}
	if p, err = w.person(self); err != nil {
		return nil, 0, err
	}
	for _, other := range numbers {
		if other == self {
			continue
		}
		o, err := w.person(other)
		if w.leaveOut("a customer", err) || err == nil && twoPeople(p.state.Identifiers, o.state.Identifiers) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if o.number < p.number {
			p, o = o, p
		}
		if err := w.join(p, o); err != nil {
			return nil, 0, err
		}
		joined++
	}
	return p, joined, nil
}

// joinAll joins a customer with everybody whom her identifiers show to be her, but no more than most, and gives who she is
// then.
func (w *work) joinAll(p *person, most int) (*person, error) {
	for ; ; most-- {
		other, err := w.candidate(p.state, p.number)
		if err != nil || other == 0 {
			return p, err
		}
		if most <= 0 {
			w.opt.Log.Warn("a customer shares identifiers with too many others to join all at once", "store", w.store, "customer", p.state.ID)
			return p, nil
		}
		o, err := w.person(other)
		if err != nil {
			return nil, err
		}
		if o.number < p.number {
			p, o = o, p
		}
		if err := w.join(p, o); err != nil {
			return nil, err
		}
	}
}

// candidate finds somebody other than self who is the same person as s, or 0: who has the chain's own id that s has, or
// shares another identifier when the chain has no id of its own for one of the two. An identifier that several others have
// is a household's, and joins nobody.
func (w *work) candidate(s edge.CustomerState, self int64) (int64, error) {
	if w.apart {
		return 0, nil
	}
	hashes := make([][]byte, len(s.Identifiers))
	for i, id := range s.Identifiers {
		hashes[i] = id.Sum
	}
	owners, err := w.tx.Owners(hashes)
	if err != nil {
		return 0, fmt.Errorf("looking identifiers up: %w", err)
	}
	for _, byChain := range []bool{true, false} {
		for _, id := range s.Identifiers {
			others := slices.DeleteFunc(owners[string(id.Sum)], func(n int64) bool { return n == self })
			owners[string(id.Sum)] = others
			if (id.Kind == edge.KindCustomer) != byChain || len(others) == 0 {
				continue
			}
			if !byChain && len(others) > 1 {
				continue
			}
			o, err := w.person(others[0])
			if w.leaveOut("a customer", err) {
				continue
			}
			if err != nil {
				return 0, err
			}
			if twoPeople(s.Identifiers, o.state.Identifiers) {
				continue
			}
			if byChain || !hasChain(s) || !hasChain(o.state) {
				return o.number, nil
			}
		}
	}
	return 0, nil
}

// join makes o and p one: everything of o is p's, and o is no more.
func (w *work) join(p, o *person) error {
	if err := w.flush(); err != nil { // what waits to be written may be o's
		return err
	}
	if err := errors.Join(w.meet(p, o), w.origins(o)); err != nil {
		return err
	}
	if err := w.reseal(p, o); err != nil {
		return err
	}
	p.state = p.state.Merge(o.state)
	if o.sent != nil {
		sent := *o.sent
		if p.sent != nil {
			sent = sent.Merge(*p.sent)
		}
		p.sent = &sent
	}
	p.late = p.late || o.late
	p.unheard = p.unheard || o.unheard || o.before.Consent() == "" && !o.isNew
	p.joined = true
	if err := w.tx.DeleteEntities(EntityCustomer, []string{decimal(o.number)}); err != nil {
		return fmt.Errorf("joining two customers: %w", err)
	}
	if err := w.tx.DeleteChanges(edge.ChangeCustomer, []string{decimal(o.number)}); err != nil {
		return fmt.Errorf("joining two customers: %w", err)
	}
	if err := w.tx.MovePerson(o.number, p.number); err != nil {
		return fmt.Errorf("joining two customers: %w", err)
	}
	w.follow(p, o)
	if err := w.bound(p); err != nil {
		return err
	}
	return w.keep(p)
}

// follow makes what the transaction knows of o be p's. Visits and outcomes wait for nothing here: they were written before
// the two were joined. It looks at what is o's alone, since a batch may join a thousand.
func (w *work) follow(p, o *person) {
	delete(w.people, o.number)
	for _, id := range w.idsBy[o.number] {
		if k := w.known[id]; k.Number == o.number {
			w.knows(id, Known{Number: p.number, After: k.After})
		}
	}
	for _, f := range w.factsBy[o.number] {
		f.Number = p.number
	}
	w.factsBy[p.number] = append(w.factsBy[p.number], w.factsBy[o.number]...)
	delete(w.idsBy, o.number)
	delete(w.factsBy, o.number)
	if w.told[o.number] {
		delete(w.told, o.number)
		w.told[p.number] = true
	}
}

// reseal puts o's facts under p's key.
func (w *work) reseal(p, o *person) error {
	all, err := w.tx.EntitiesOf(o.number, EntityFact, 0)
	if err != nil {
		return fmt.Errorf("joining two customers: %w", err)
	}
	void, err := w.tx.EntitiesOf(o.number, EntityVoid, 0)
	if err != nil {
		return fmt.Errorf("joining two customers: %w", err)
	}
	all = append(all, void...)
	opened := all[:0]
	for _, e := range all {
		plain, err := o.key.Open(factColumn(e.ID), e.Body)
		if err != nil { // it says nothing under her key either
			w.leaveOut("a fact", damaged(err))
			continue
		}
		e.Body, e.Number = p.key.Seal(factColumn(e.ID), plain), p.number
		opened = append(opened, e)
	}
	return w.tx.PutEntities(opened)
}

// note remembers for the rest of the transaction what of hers may be kept.
func (w *work) note(p *person) {
	after := w.keptAfter(p)
	for _, id := range append([]string{p.state.ID}, p.state.Also...) {
		w.knows(id, Known{Number: p.number, After: after})
	}
}
