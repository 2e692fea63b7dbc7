// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"fmt"
	"slices"

	"redbench/edge"
)

// A store's word joins customers, and nothing parts them again. So a store that was taken over, or is mistaken, joins few
// of them at once, and those only whom it knows.

// mostJoins is how many others a customer is joined with by one record. Told again, she is joined with some more.
const mostJoins = 5

// believed leaves out of a state's other ids those of customers whom the store does not know by them, and all but the first
// mostJoins of the others. Ids that lead to nobody, or to her, stay.
func (w *work) believed(s edge.CustomerState) (edge.CustomerState, error) {
	others := w.others(s)
	if w.store == "" || len(others) == 0 {
		return s, nil
	}
	called, err := w.tx.Called(w.store, others)
	if err != nil {
		return s, fmt.Errorf("asking what a store calls customers: %w", err)
	}
	var join []int64
	for _, n := range others {
		names, met := called[n]
		knows := func(id string) bool {
			return w.known[id].Number == n && (w.names[id] || met && len(names) == 0 || slices.Contains(names, id))
		}
		if len(join) < mostJoins && slices.ContainsFunc(s.Also, knows) {
			join = append(join, n)
		}
	}
	if left := len(others) - len(join); left > 0 {
		w.opt.Log.Warn("customers whom a store calls one are not joined: it does not know all of them, or they are too many at once",
			"store", w.store, "customer", s.ID, "left", left)
	}
	return w.withoutOthers(s, join...), nil
}

// others are the customers whom a state's other ids lead to, beside the one that its own id does.
func (w *work) others(s edge.CustomerState) (out []int64) {
	self := w.known[s.ID].Number
	for _, id := range s.Also {
		if n := w.known[id].Number; n != 0 && n != self && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// withoutOthers takes ids off a state that lead to somebody other than itself and some more customers.
func (w *work) withoutOthers(s edge.CustomerState, but ...int64) edge.CustomerState {
	self := w.known[s.ID].Number
	s.Also = slices.DeleteFunc(slices.Clone(s.Also), func(id string) bool {
		n := w.known[id].Number
		return n != 0 && n != self && !slices.Contains(but, n)
	})
	return s
}

// twoPeople reports whether lists of identifiers have two ids of the chain's own between them. Only hashes under the same
// key can be compared.
func twoPeople(lists ...[]edge.IdentifierHash) bool {
	seen := map[uint32]string{}
	for _, list := range lists {
		for _, i := range list {
			if i.Kind != edge.KindCustomer {
				continue
			}
			if sum, is := seen[i.Key]; is && sum != string(i.Sum) {
				return true
			}
			seen[i.Key] = string(i.Sum)
		}
	}
	return false
}

// oneChain takes the chain's own ids off a state where it has two of them, by itself or with who she is already: one
// customer has one. Such a state joins nobody.
func (w *work) oneChain(s edge.CustomerState, already []edge.IdentifierHash) edge.CustomerState {
	if !twoPeople(already, s.Identifiers) {
		return s
	}
	w.apart = true
	w.opt.Log.Warn("a customer is told with two ids of the chain's own; they are left out, and she is joined with nobody",
		"store", w.store, "customer", s.ID)
	s.Identifiers = slices.DeleteFunc(slices.Clone(s.Identifiers), func(i edge.IdentifierHash) bool { return i.Kind == edge.KindCustomer })
	return s
}

// notOf takes ids off a state that lead to others than one customer: who was not joined with her keeps them.
func (w *work) notOf(s edge.CustomerState, number int64) edge.CustomerState {
	s.Also = slices.DeleteFunc(slices.Clone(s.Also), func(id string) bool {
		n := w.known[id].Number
		return n != 0 && n != number
	})
	return s
}
