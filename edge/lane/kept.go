// SPDX-License-Identifier: Apache-2.0

package lane

import (
	"slices"
	"time"

	"redbench/edge"
)

// How long a number stays a checkout's, once this left the lane.
const (
	suspendedFor = 18 * time.Hour  // somebody fetches her purse; by the next morning the number is another's
	doneFor      = time.Hour       // stragglers, and cards that come after it
	reopensAfter = 5 * time.Minute // a till that restarted may count anew even within the hour
)

// The lists are short, and a State is a value: each change makes a new slice. What is too old stays in its list until it
// is replaced or gives way, as an event that is just as old may still ask for it.

// find gives a parked checkout as it is known to an event of that moment. One whose number may be another's by then is
// not found.
func (m *move) find(id string, at time.Time) (Parked, bool) {
	for _, each := range m.Parked {
		if each.Checkout == id && !at.After(each.At.Add(m.parkedFor(each.Why))) {
			return each, true
		}
	}
	return Parked{}, false
}

// parkedFor is counted from when the checkout was last heard of. One that was not suspended was open for the first half.
func (m *move) parkedFor(why Why) time.Duration {
	if why == Suspended {
		return suspendedFor
	}
	return 2 * m.t.Checkout
}

func (in Till) isParked(m *move) bool {
	_, found := m.find(in.Event.Checkout, in.moment())
	return found
}

// parked is the event's checkout as it was parked; one that was not yet is unseen.
func (in Till) parked(m *move) Parked {
	if parked, found := m.find(in.Event.Checkout, in.moment()); found {
		return parked
	}
	return Parked{Checkout: in.Event.Checkout, Why: Unseen, At: in.moment()}
}

// park puts the open checkout aside, with its holder. It was last heard of at that moment.
func (m *move) park(why Why, at time.Time) {
	m.keep(Parked{Checkout: m.Checkout, Customer: m.Holder.Customer, Late: m.Holder.Late, Why: why, At: at})
}

// keep remembers a parked checkout in place of what was known of it; the oldest gives way.
func (m *move) keep(p Parked) {
	m.unpark(p.Checkout)
	next := append(slices.Clone(m.Parked), p)
	m.Parked = next[max(0, len(next)-maxPark):]
}

func (m *move) unpark(id string) {
	m.Parked = slices.DeleteFunc(slices.Clone(m.Parked), func(p Parked) bool { return p.Checkout == id })
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

// isOpen reports whether the event is the open checkout's. If only late events told of that one, a later event with the
// same number may be of another day's.
func (in Till) isOpen(m *move) bool {
	return m.Phase == Serving && m.Checkout == in.Event.Checkout && !(m.Late && in.moment().After(m.Heard.Add(m.t.Checkout)))
}

func (m *move) done(id string) int {
	return slices.IndexFunc(m.Done, func(d Done) bool { return d.Checkout == id })
}

// isDone reports whether the event's checkout is finished. A later one may have its number.
func (in Till) isDone(m *move) bool {
	i := m.done(in.Event.Checkout)
	return i >= 0 && !in.moment().After(m.Done[i].At.Add(doneFor))
}

// reopens reports whether a finished checkout's number begins another, and forgets the finished one then.
func (in Till) reopens(m *move) bool {
	i := m.done(in.Event.Checkout)
	if in.Event.Type != edge.CheckoutStarted || !in.moment().After(m.Done[i].At.Add(reopensAfter)) {
		return false
	}
	m.Done = slices.Delete(slices.Clone(m.Done), i, i+1)
	return true
}

// finish remembers a checkout as finished, in place of another day's with its number; the oldest gives way.
func (m *move) finish(d Done) {
	next := slices.DeleteFunc(slices.Clone(m.Done), func(o Done) bool { return o.Checkout == d.Checkout })
	next = append(next, d)
	m.Done = next[max(0, len(next)-maxDone):]
}

// claim gives a stranger's finished checkout to a card of about that time, and to nobody else after it. It tells when the
// checkout was finished.
func (m *move) claim(id string, at time.Time) (finished time.Time, ok bool) {
	i := m.done(id)
	if i < 0 || !m.Done[i].Stranger || !within(doneFor, m.Done[i].At, at) {
		return time.Time{}, false
	}
	m.Done = slices.Clone(m.Done)
	m.Done[i].Stranger = false
	return m.Done[i].At, true
}
