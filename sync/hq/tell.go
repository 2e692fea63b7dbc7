// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"fmt"
	"maps"
	"slices"

	"redbench/edge"
)

// tell notes what each store is to be told of what changed. A store that told of somebody for the first time is told all
// that is known of her, and so are all who knew one of two whom this transaction found to be one.
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
		if err := w.tellCustomer(w.store, number, w.people[number]); err != nil {
			return err
		}
		if err := w.tellFacts(w.store, number); err != nil {
			return err
		}
	}
	return w.tellChanged(facts)
}

// tellWhoKnows notes that every store which knows a customer is to be told of her change; added says that the one which
// told of her had not known her before.
func (w *work) tellWhoKnows(p *person, added bool) error {
	stores, err := w.interested(p)
	if err != nil {
		return err
	}
	for _, store := range stores {
		if err := w.tellCustomer(store, p.number, p); err != nil {
			return err
		}
		if p.joined || added && store == w.store && !p.isNew {
			if err := w.tellFacts(store, p.number); err != nil {
				return err
			}
		}
	}
	return nil
}

// interest notes that the store knows whom it told of, and gives those whom it did not know before.
func (w *work) interest() (map[int64]bool, error) {
	if w.store == "" || len(w.told) == 0 {
		return nil, nil
	}
	added, err := w.tx.AddInterest(w.store, slices.Sorted(maps.Keys(w.told)))
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

// tellCustomer notes that a store is to be told of a customer; p is nil where nobody has opened her.
func (w *work) tellCustomer(store string, number int64, p *person) error {
	own := store == w.store && p != nil && p.sent != nil && equal(normal(*p.sent), p.state)
	return w.announce(ChangeRow{Store: store, Kind: edge.ChangeCustomer, ID: decimal(number), Number: number, Own: own})
}

// tellFacts notes that a store is to be told all facts of a customer.
func (w *work) tellFacts(store string, number int64) error {
	all, err := w.tx.EntitiesOf(number, EntityFact, 0)
	if err != nil {
		return fmt.Errorf("listing facts: %w", err)
	}
	for _, e := range all {
		if err := w.tellFact(store, number, e.ID); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) tellFact(store string, number int64, id string) error {
	own := false
	if f := w.facts[id]; f != nil && f.sent != nil && store == w.store {
		sent := *f.sent
		sent.Customer = ""
		own = equal(sent, f.state)
	}
	return w.announce(ChangeRow{Store: store, Kind: edge.ChangeFact, ID: id, Number: number, Own: own})
}

func (w *work) tellChanged(facts []*fact) error {
	for _, f := range facts {
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
	if c.Pos, err = w.next(); err != nil {
		return err
	}
	w.changes = append(w.changes, c)
	if !c.Own {
		w.stores[c.Store] = true
	}
	return nil
}
