// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"maps"
	"slices"

	"redbench/edge"
	"redbench/sync/hq"
)

// known is what head office has, for looking up.
type known struct {
	customers map[string]*edge.CustomerState // by each of her ids
	facts     map[string]map[string]edge.FactState
}

func (w *world) index(items []hq.FeedItem) known {
	k := known{customers: map[string]*edge.CustomerState{}, facts: map[string]map[string]edge.FactState{}}
	for _, item := range items {
		if c := item.Customer; c != nil {
			for _, id := range append(slices.Clone(c.Also), c.ID) {
				if k.customers[id] != nil {
					w.fail("two customers at head office have the id %s", id)
				}
				k.customers[id] = c
			}
		}
	}
	for _, item := range items {
		if f := item.Fact; f != nil && !f.Gone {
			c := k.customers[f.Customer]
			if c == nil {
				w.fail("fact %s at head office is about nobody", f.ID)
				continue
			}
			if k.facts[c.ID] == nil {
				k.facts[c.ID] = map[string]edge.FactState{}
			}
			k.facts[c.ID][f.ID] = *f
		}
	}
	return k
}

// local is what one machine has.
type local struct {
	customers []edge.CustomerState
	facts     map[string]map[string]edge.FactState // by the customer's id there
}

// everything is what a machine would tell if it was asked for all.
func (m *machine) everything() (l local) {
	l.facts = map[string]map[string]edge.FactState{}
	if err := m.db.Offer(m.w.ctx, nil); err != nil {
		m.w.fail("offering everything of %s: %v", m.name, err)
	}
	for after := uint64(0); ; {
		records, err := m.db.Pending(m.w.ctx, after, 1000, 1<<20)
		if err != nil {
			m.w.fail("reading everything of %s: %v", m.name, err)
			return l
		}
		if len(records) == 0 {
			return l
		}
		for _, r := range records {
			after = r.Seq
			if r.Customer != nil {
				l.customers = append(l.customers, *r.Customer)
			}
			if f := r.Fact; f != nil && !f.Gone {
				if l.facts[f.Customer] == nil {
					l.facts[f.Customer] = map[string]edge.FactState{}
				}
				l.facts[f.Customer][f.ID] = *f
			}
		}
	}
}

// checkEverybody: whoever is known at a machine is known alike at head office, and whoever a store is interested in is
// known there.
func (w *world) checkEverybody(items []hq.FeedItem) {
	k := w.index(items)
	for _, m := range w.boxes {
		if w.twins(m) {
			continue
		}
		l := m.everything()
		here := map[string]bool{}
		for _, c := range l.customers {
			at := k.find(c)
			if at == nil && c.Consent() == edge.ConsentNone {
				continue // of one who was forgotten and says no, head office keeps nothing at all
			}
			if at == nil {
				w.fail("%s knows %s (%q), and head office does not", m.name, c.ID, c.Fields[edge.FieldName].Value)
				continue
			}
			if here[at.ID] {
				w.fail("%s has two customers who are one at head office: %s (%q)", m.name, at.ID, at.Fields[edge.FieldName].Value)
			}
			here[at.ID] = true
			w.compareCustomer(m, c, *at)
			w.compareFacts(m, l.facts[c.ID], k.facts[at.ID], *at)
		}
		w.checkInterest(m, k, here)
	}
}

// twins reports whether two machines are one store. Head office does not tell a store what that store has told, so that of
// two that go on beside each other neither hears what the other has, until it begins anew. What must hold of them is what
// they tell, and that they forget.
func (w *world) twins(m *machine) bool {
	for _, other := range w.boxes {
		if other != m && other.store == m.store {
			return true
		}
	}
	return false
}

func (k known) find(c edge.CustomerState) *edge.CustomerState {
	for _, id := range append([]string{c.ID}, c.Also...) {
		if at := k.customers[id]; at != nil {
			return at
		}
	}
	return nil
}

func (w *world) compareCustomer(m *machine, here, there edge.CustomerState) {
	w.compareFields(m.name+": customer "+here.ID+" "+there.Fields[edge.FieldName].Value, here.Fields, there.Fields)
	if here.Unlearnt != there.Unlearnt {
		w.fail("%s: customer %s was unlearnt at %q here and at %q there", m.name, here.ID, here.Unlearnt, there.Unlearnt)
	}
}

func (w *world) compareFields(what string, here, there edge.Fields) {
	names := maps.Clone(here)
	if names == nil {
		names = edge.Fields{}
	}
	maps.Copy(names, there)
	for name := range names {
		a, b := here[name], there[name]
		a.At, b.At = edge.Stamp{}, edge.Stamp{} // of one value each may have its own: a later stamp alone is not told
		if a.Value == "" && b.Value == "" {
			a.Rank, b.Rank = 0, 0
		}
		if a != b {
			w.fail("%s: field %s is\n  %+v here and\n  %+v at head office", what, name, here[name], there[name])
			return
		}
	}
}

func (w *world) compareFacts(m *machine, here, there map[string]edge.FactState, c edge.CustomerState) {
	for id, f := range here {
		other, is := there[id]
		if !is {
			w.fail("%s knows fact %s of %s, and head office does not", m.name, id, c.ID)
			continue
		}
		w.compareFields(m.name+": fact "+id, f.Fields, other.Fields)
	}
	for id := range there {
		if _, is := here[id]; !is {
			w.fail("head office knows fact %s of %s, and %s does not", id, c.ID, m.name)
		}
	}
}

func (w *world) checkInterest(m *machine, k known, here map[string]bool) {
	w.tx(func(tx hq.Tx) error {
		for id, c := range k.customers {
			// Who says no is a stranger everywhere; a store that has forgotten her need not learn that she said so.
			if id != c.ID || here[id] || c.Consent() == edge.ConsentNone {
				continue
			}
			numbers, err := tx.Numbers([]string{id})
			if err != nil {
				return err
			}
			stores, err := tx.Interested(numbers[id].Number)
			if err != nil {
				return err
			}
			if slices.Contains(stores, m.store) {
				w.fail("%s is to know %s (%q), and does not", m.name, id, c.Fields[edge.FieldName].Value)
			}
		}
		return nil
	})
}
