// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"redbench/edge"
)

// visit takes a visit in, once. Told again with a customer, it was a stranger's before. Of a customer who was erased, or
// does not allow it, it is kept as a stranger's.
func (w *work) visit(v edge.VisitState) error {
	number, err := w.keptFor(v.Customer, v.At.UnixMicro())
	if err != nil {
		return err
	}
	key := visitKey(w.store, v.ID)
	have, is := w.entity(EntityVisit, key)
	switch {
	case !is:
		e := Entity{Kind: EntityVisit, ID: key, Store: w.store, Number: number, At: v.At.UnixMicro()}
		v.ID, v.Customer, v.Store = "", "", "" // they have columns of their own
		return w.add(e, v)
	case have.Number != 0 || number == 0:
		return nil
	}
	have.Number = number
	return w.again(have)
}

// visitKey is a visit's id here. A store makes it of what the visit was, among that the name that it had then: two that
// worked alone may have had the same.
func visitKey(store, id string) string { return store + "/" + id }

// outcome takes an outcome in, once. Nothing is kept of what came of an erased customer's prompts.
func (w *work) outcome(o edge.OutcomeState) error {
	if err := w.resolve(o.Customer); err != nil {
		return err
	}
	if w.isGone(o.Customer) {
		return nil
	}
	if _, is := w.entity(EntityOutcome, o.ID); is {
		return nil
	}
	number, err := w.keptFor(o.Customer, o.At.UnixMicro())
	if err != nil {
		return err
	}
	e := Entity{Kind: EntityOutcome, ID: o.ID, Store: w.store, Number: number, At: o.At.UnixMicro()}
	o.ID, o.Customer = "", ""
	return w.add(e, o)
}

// summary takes a summary in, once: it counts what a full box could not keep one by one. One without counts takes back
// whatever it counted, before or later: the box tells that one by one.
func (w *work) summary(s edge.Summary) error {
	if have, is := w.entity(EntitySummary, s.ID); is {
		if len(s.Counts) > 0 {
			return nil
		}
		return w.takeSumBack(have, s)
	}
	e := Entity{Kind: EntitySummary, ID: s.ID, Store: w.store, At: s.From.UnixMicro()}
	s.ID = ""
	return w.add(e, s)
}

func (w *work) takeSumBack(e Entity, s edge.Summary) error {
	id := s.ID
	s.ID = ""
	body, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("keeping a record: %w", err)
	}
	if e.Body == nil {
		rests, err := w.tx.EntitiesByID(EntitySummary, []string{id}, true)
		if err != nil {
			return fmt.Errorf("looking up what is known: %w", err)
		}
		e.Body = rests[id].Body
	}
	if bytes.Equal(e.Body, body) {
		return nil
	}
	e.Body = body
	return w.again(e)
}

// keptFor gives the number of the customer whose something is, where it may be kept as hers; 0: a stranger's.
func (w *work) keptFor(id string, at int64) (int64, error) {
	if id == "" {
		return 0, nil
	}
	if err := w.resolve(id); err != nil {
		return 0, err
	}
	k := w.known[id]
	if k.Number == 0 {
		p, err := w.about(id)
		if err != nil || p == nil {
			return 0, err
		}
		k = w.known[id]
	}
	w.tells(k.Number, id)
	if at <= k.After {
		return 0, nil
	}
	return k.Number, nil
}

// pending is something that a record may tell again: it waits to be written, or rests already.
type pending struct {
	Entity
	write bool
}

func entityKey(kind EntityKind, id string) string { return string(rune(kind)) + id }

// entity gives what is known under an id, if it waits to be written or was looked up by expect.
func (w *work) entity(kind EntityKind, id string) (Entity, bool) {
	i, is := w.at[entityKey(kind, id)]
	if !is {
		return Entity{}, false
	}
	return w.put[i].Entity, true
}

// expect looks up which of some ids are known. It comes before the first of them is taken in.
func (w *work) expect(kind EntityKind, ids []string) error {
	found, err := w.tx.EntitiesByID(kind, ids, false)
	if err != nil {
		return fmt.Errorf("looking up what is known: %w", err)
	}
	for id, e := range found {
		w.at[entityKey(kind, id)] = len(w.put)
		w.put = append(w.put, pending{Entity: e})
	}
	return nil
}

// add writes something new, later.
func (w *work) add(e Entity, body any) (err error) {
	if e.Body, err = json.Marshal(body); err != nil {
		return fmt.Errorf("keeping a record: %w", err)
	}
	w.at[entityKey(e.Kind, e.ID)] = len(w.put)
	w.waiting = append(w.waiting, len(w.put))
	w.put = append(w.put, pending{Entity: e, write: true})
	return nil
}

// again writes something known at a new place, later.
func (w *work) again(e Entity) error {
	if e.Body == nil {
		rests, err := w.tx.EntitiesByID(e.Kind, []string{e.ID}, true)
		if err != nil {
			return fmt.Errorf("looking up what is known: %w", err)
		}
		e.Body = rests[e.ID].Body
	}
	at := w.at[entityKey(e.Kind, e.ID)]
	w.waiting = append(w.waiting, at)
	w.put[at] = pending{Entity: e, write: true}
	return nil
}

// flush writes what waits, at places that are given out now: after those of the customers whose it is.
func (w *work) flush() (err error) {
	var all []Entity
	slices.Sort(w.waiting)
	for _, i := range w.waiting {
		e := &w.put[i]
		if !e.write {
			continue // it stood there twice
		}
		if e.Pos, err = w.next(); err != nil {
			return err
		}
		all, e.write = append(all, e.Entity), false
	}
	w.waiting = w.waiting[:0]
	if err := w.tx.PutEntities(all); err != nil {
		return fmt.Errorf("keeping records: %w", err)
	}
	return nil
}
