// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"redbench/edge"
)

// tell notes what each store is to be told of what changed: those who knew her, what is news to them; one that told of
// somebody for the first time, all that is known of her; and one whose own word lost against another's, what holds.
func (w *work) tell(changed []*person, facts []*fact) error {
	added, err := w.interest()
	if err != nil {
		return err
	}
	for _, p := range changed {
		if err := w.tellWhoKnows(p, added[p.number]); err != nil {
			return err
		}
		delete(added, p.number)
	}
	for _, number := range slices.Sorted(maps.Keys(added)) {
		if err := w.tellAnew(w.store, number, w.people[number]); err != nil {
			return err
		}
	}
	return errors.Join(w.tellChanged(facts), w.tellLosers())
}

// tellAnew notes that a store is to be told all that is known of a customer.
func (w *work) tellAnew(store string, number int64, p *person) error {
	own, err := w.own(store, p)
	if err == nil {
		err = w.tellCustomer(store, number, own)
	}
	if err != nil {
		return err
	}
	return w.tellFacts(store, number, nil)
}

// tellWhoKnows notes that the stores which know a customer are to be told of her change; added says that the one which
// told of her had not known her before.
func (w *work) tellWhoKnows(p *person, added bool) error {
	stores, err := w.interested(p)
	if err != nil {
		return err
	}
	circles, err := w.circlesOf(p)
	if err != nil {
		return err
	}
	for _, store := range stores {
		if added && store == w.store && !p.both {
			err = w.tellAnew(store, p.number, p)
		} else {
			err = w.tellNews(store, p, circles)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tellNews notes that a store is to be told of a customer whom it knows, where there is news for it; and the facts of those
// whom she was joined with, and whom it did not know.
func (w *work) tellNews(store string, p *person, circles []circle) (err error) {
	news := p.both && store == w.store
	knew := map[int64]bool{}
	for _, c := range circles {
		if !slices.Contains(c.stores, store) {
			continue
		}
		knew[c.number] = true
		// What was noted for the store of one who is no more went with her.
		if news = news || c.number != p.number || len(knew) > 1; !news {
			if news, err = w.news(store, c.state, p.state); err != nil {
				return err
			}
		}
	}
	if news && len(knew) == 1 && knew[p.number] {
		own, err := w.own(store, p)
		if err != nil {
			return err
		}
		news = !own // else it made the news itself
	}
	if news {
		err = w.tellCustomer(store, p.number, false)
	}
	if err != nil || !p.joined {
		return err
	}
	return w.tellFacts(store, p.number, knew)
}

// tellLosers notes that the store which told something is to be told what holds, where that is something else: it need not
// have heard of the stamp that its word lost against.
func (w *work) tellLosers() error {
	for _, number := range slices.Sorted(maps.Keys(w.people)) {
		p := w.people[number]
		if p.sent == nil || w.store == "" {
			continue
		}
		own, err := w.own(w.store, p)
		if err == nil && !own {
			err = w.tellCustomer(w.store, number, false)
		}
		if err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.facts)) {
		if f := w.facts[id]; f.sent != nil && !f.void && w.store != "" && w.factNews(*f.sent, f.state) {
			if err := w.tellFact(w.store, f.Number, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// interest notes that the store knows whom it told of, and by which ids, and gives those whom it did not know before.
func (w *work) interest() (map[int64]bool, error) {
	if w.store == "" || len(w.told) == 0 {
		return nil, nil
	}
	var calls []Calling
	named := map[int64]bool{}
	for _, id := range slices.Sorted(maps.Keys(w.names)) {
		if n := w.known[id].Number; w.told[n] {
			calls, named[n] = append(calls, Calling{Number: n, ID: id}), true
		}
	}
	for _, n := range slices.Sorted(maps.Keys(w.told)) {
		if named[n] {
			continue
		}
		p, err := w.person(n)
		if err != nil {
			return nil, err
		}
		calls = append(calls, Calling{Number: n, ID: p.state.ID})
	}
	added, err := w.tx.AddInterest(w.store, calls)
	if err != nil {
		return nil, fmt.Errorf("noting who knows a customer: %w", err)
	}
	out := make(map[int64]bool, len(added))
	for _, number := range added {
		out[number] = true
	}
	return out, nil
}

// interested are the stores that know a customer. A new one nobody knows but who told of her.
func (w *work) interested(p *person) ([]string, error) {
	if p.isNew && !p.joined {
		if w.store == "" || !w.told[p.number] {
			return nil, nil
		}
		return []string{w.store}, nil
	}
	stores, err := w.tx.Interested(p.number)
	if err != nil {
		return nil, fmt.Errorf("asking who knows a customer: %w", err)
	}
	return stores, nil
}

// own reports whether a store has just told of a customer all that there is to tell it; p is nil where nobody has opened
// her.
func (w *work) own(store string, p *person) (bool, error) {
	if store != w.store || p == nil || p.sent == nil || p.both {
		return false, nil
	}
	news, err := w.news(store, *p.sent, p.state)
	return !news, err
}

func (w *work) tellCustomer(store string, number int64, own bool) error {
	return w.announce(ChangeRow{Store: store, Kind: edge.ChangeCustomer, ID: decimal(number), Number: number, Own: own})
}

// tellFacts notes that a store is to be told a customer's facts, but those that came with one whom it knew.
func (w *work) tellFacts(store string, number int64, knew map[int64]bool) error {
	all, err := w.tx.EntitiesOf(number, EntityFact, 0)
	if err != nil {
		return fmt.Errorf("listing facts: %w", err)
	}
	for _, e := range all {
		from, moved := w.cameWith[e.ID]
		if !moved {
			from = number
		}
		if knew[from] {
			continue
		}
		if err := w.tellFact(store, number, e.ID); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) tellFact(store string, number int64, id string) error {
	own := false
	if f := w.facts[id]; f != nil && f.sent != nil && store == w.store {
		own = !w.factNews(*f.sent, f.state)
	}
	return w.announce(ChangeRow{Store: store, Kind: edge.ChangeFact, ID: id, Number: number, Own: own})
}

func (w *work) tellChanged(facts []*fact) error {
	for _, f := range facts {
		if f.rests && !w.factNews(f.before, f.state) {
			continue
		}
		stores, err := w.tx.Interested(f.Number)
		if err != nil {
			return fmt.Errorf("asking who knows a customer: %w", err)
		}
		for _, store := range stores {
			if err := w.tellFact(store, f.Number, f.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellAll notes that stores are to be told something that is no customer's.
func (w *work) tellAll(kind edge.ChangeKind, stores ...string) error {
	for _, store := range stores {
		if err := w.announce(ChangeRow{Store: store, Kind: kind}); err != nil {
			return err
		}
	}
	return nil
}

// announce gives a change its position, which is later than all before it in the same transaction.
func (w *work) announce(c ChangeRow) (err error) {
	thing := ChangeRow{Store: c.Store, Kind: c.Kind, ID: c.ID}
	if at, is := w.announced[thing]; is && c.Kind != edge.ChangeEvent {
		w.changes[at].Own = w.changes[at].Own && c.Own
		w.stores[c.Store] = w.stores[c.Store] || !c.Own
		return nil
	}
	w.announced[thing] = len(w.changes)
	if c.Pos, err = w.next(); err != nil {
		return err
	}
	w.changes = append(w.changes, c)
	if !c.Own {
		w.stores[c.Store] = true
	}
	return nil
}
