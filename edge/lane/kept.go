// SPDX-License-Identifier: Apache-2.0

package lane

import (
	"slices"

	"redbench/edge"
)

// The lists are short, and a State is a value: each change makes a new slice.

func (m *move) parked(id string) (Parked, bool) {
	for _, each := range m.Parked {
		if each.Checkout == id {
			return each, true
		}
	}
	return Parked{}, false
}

func (m *move) isParked(id string) bool {
	_, found := m.parked(id)
	return found
}

// whyParked is how a checkout was parked; one that was not yet is unseen.
func (m *move) whyParked(id string) Why {
	if parked, found := m.parked(id); found {
		return parked.Why
	}
	return Unseen
}

// park puts the open checkout aside, with its holder.
func (m *move) park(why Why) {
	m.keep(Parked{Checkout: m.Checkout, Customer: m.Holder.Customer, Late: m.Holder.Late, Why: why})
}

// keep remembers a parked checkout in place of what was known of it; the oldest gives way.
func (m *move) keep(p Parked) {
	next := make([]Parked, 0, len(m.Parked)+1)
	for _, each := range m.Parked {
		if each.Checkout != p.Checkout {
			next = append(next, each)
		}
	}
	next = append(next, p)
	m.Parked = next[max(0, len(next)-maxPark):]
}

func (m *move) unpark(id string) (Parked, bool) {
	parked, found := m.parked(id)
	if found {
		m.Parked = slices.DeleteFunc(slices.Clone(m.Parked), func(p Parked) bool { return p.Checkout == id })
	}
	return parked, found
}

// forgetParked leaves the checkouts of a forgotten customer to a stranger.
func (m *move) forgetParked(customer edge.CustomerRef) {
	next := slices.Clone(m.Parked)
	for i := range next {
		if next[i].Customer == customer {
			next[i].Customer = edge.Stranger
		}
	}
	m.Parked = next
}

func (m *move) isDone(id string) bool {
	return slices.ContainsFunc(m.Done, func(d Done) bool { return d.Checkout == id })
}

// finish remembers a checkout as finished; the oldest gives way.
func (m *move) finish(d Done) {
	next := append(slices.Clone(m.Done), d)
	m.Done = next[max(0, len(next)-maxDone):]
}

// claim reports whether a finished checkout was a stranger's, and makes it nobody else's.
func (m *move) claim(id string) bool {
	i := slices.IndexFunc(m.Done, func(d Done) bool { return d.Checkout == id && d.Stranger })
	if i < 0 {
		return false
	}
	m.Done = slices.Clone(m.Done)
	m.Done[i].Stranger = false
	return true
}
