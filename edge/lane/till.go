// SPDX-License-Identifier: Apache-2.0

package lane

import (
	"time"

	"redbench/edge"
)

func (in Till) apply(m *move) {
	in.Late = in.Late || in.Event.Retained
	switch in.Event.Type {
	case edge.LoyaltyPresented:
		in.presented(m)
	case edge.LoyaltyRemoved:
		in.removed(m)
	case edge.CheckoutStarted, edge.CheckoutResumed, edge.CheckoutItem:
		in.goesOn(m)
	case edge.CheckoutSuspended, edge.CheckoutCancelled, edge.CheckoutCompleted:
		in.ends(m)
	}
}

// moment is when it happened, by the box's clock: the till's own may be a year off.
func (in Till) moment() time.Time {
	if in.Late {
		return in.At.Add(-max(0, in.Delay))
	}
	return in.At
}

// aside reports whether an event that came late concerns something else than what freshly goes on: it must not push
// that off the lane.
func (in Till) aside(m *move) bool {
	return in.Late && m.busy() && !m.Late && (m.Phase != Serving || in.Event.Checkout != m.Checkout)
}

func (m *move) busy() bool { return m.Phase == Greeted || m.Phase == Serving }

// goesOn is a checkout that begins or goes on: started, resumed, an item.
func (in Till) goesOn(m *move) {
	id := in.Event.Checkout
	switch {
	case id == "" || in.isDone(m) && !in.reopens(m):
		return
	case in.isOpen(m):
		in.touch(m)
		return
	case in.aside(m):
		m.keep(in.parked(m))
		return
	}
	parked, found := m.find(id, in.moment())
	if found && parked.Why == Abandoned && in.Event.Type == edge.CheckoutItem {
		return // the last items of a checkout that another one already followed
	}
	in.open(m)
	if !in.Late && !m.Holder.Late && m.Shown.IsZero() && m.Holder.Prompt == "" {
		m.greet(in.Prompt, in.Event.ID)
	}
}

// open makes the event's checkout the lane's. What is left of another is parked; a card that waits, or was the last thing
// heard, comes along, unless the checkout comes back with a customer of its own.
func (in Till) open(m *move) {
	id := in.Event.Checkout
	parked, found := m.find(id, in.moment())
	m.unpark(id)
	others := found && parked.Customer != edge.Stranger && parked.Customer != m.Holder.Customer
	waits := m.Phase == Greeted && in.follows(m) && !others
	moves := in.moves(m) && !others
	switch {
	case moves:
		m.moveOn()
	case m.Phase == Serving:
		m.park(Abandoned, m.Heard)
		m.blank(edge.ClearExpired)
		m.vacate()
	case m.Phase == Greeted && !waits:
		m.blank(edge.ClearExpired)
		m.vacate()
	case m.Phase == Parting:
		if in.Late || parked.Late { // no greeting will replace the farewell
			m.blank(edge.ClearCompleted)
		}
		m.vacate()
	}
	if found && !waits && !moves {
		m.Holder = Holder{Customer: parked.Customer, Carded: parked.Customer != edge.Stranger, Late: parked.Late}
	}
	m.Phase, m.Checkout, m.Begun, m.Late = Serving, id, in.Event.Time, in.Late
	in.touch(m)
}

// moves reports whether the holder belongs to the checkout that starts now, rather than to the one that never ended.
func (in Till) moves(m *move) bool {
	return in.Event.Type == edge.CheckoutStarted && !in.Late && m.Phase == Serving && !m.Loose.IsZero() && m.at.Sub(m.Loose) <= m.t.Card
}

// moveOn leaves the open checkout to whoever held it before. The holder and her prompt stay.
func (m *move) moveOn() {
	next, before := m.Holder, Holder{}
	if m.Previous != nil { // else she was forgotten meanwhile
		before = *m.Previous
	}
	m.Holder = before
	m.park(Abandoned, m.Heard)
	m.Holder, m.Previous = next, nil
}

// follows reports whether a checkout belongs to the card that waits. A late card is no sign of who stands there now;
// among late events the till's own clock must bear out that the two were close.
func (in Till) follows(m *move) bool {
	if !m.Holder.Late {
		return !in.Late
	}
	return in.Late && within(m.t.Card, m.Holder.Told, in.Event.Time)
}

func within(span time.Duration, a, b time.Time) bool { return a.Sub(b).Abs() <= span }

// touch says that the open checkout lives. Once something fresh was heard of it, it stays fresh.
func (in Till) touch(m *move) {
	if at := in.moment(); at.After(m.Heard) {
		m.Heard = at
	}
	m.Loose = time.Time{}
	m.Until, m.Late = m.at.Add(m.t.Checkout), m.Late && in.Late
}

// ends is a checkout that leaves the lane: suspended, cancelled, completed.
func (in Till) ends(m *move) {
	id := in.Event.Checkout
	if id == "" || in.isDone(m) {
		return
	}
	parked, found := m.find(id, in.moment())
	switch {
	case in.isOpen(m):
	case in.aside(m), found && (m.Phase != Idling || parked.Why == Abandoned):
		in.endsElsewhere(m, parked)
		return
	default:
		in.open(m)
	}
	switch in.Event.Type {
	case edge.CheckoutSuspended:
		m.park(Suspended, in.moment())
		m.leave(edge.ClearSuspended)
	case edge.CheckoutCancelled:
		m.finish(Done{Checkout: id, At: in.moment()})
		m.leave(edge.ClearCancelled)
	case edge.CheckoutCompleted:
		in.completed(m)
	}
}

// endsElsewhere is the end of a checkout that is not the lane's: nothing of it reaches the screen.
func (in Till) endsElsewhere(m *move, parked Parked) {
	id := in.Event.Checkout
	if in.Event.Type == edge.CheckoutSuspended {
		m.keep(Parked{Checkout: id, Customer: parked.Customer, Late: parked.Late, Why: Suspended, At: in.moment()})
		return
	}
	m.unpark(id)
	if in.Event.Type == edge.CheckoutCancelled {
		m.finish(Done{Checkout: id, At: in.moment()})
		return
	}
	m.finish(Done{Checkout: id, Stranger: parked.Customer == edge.Stranger, At: in.moment()})
	m.do(in.visit(parked.Customer))
}

func (in Till) completed(m *move) {
	holder := m.Holder
	m.do(in.visit(holder.Customer))
	m.finish(Done{Checkout: m.Checkout, Stranger: holder.Customer == edge.Stranger, At: in.moment()})
	if in.Late || !m.Paused.IsZero() {
		m.leave(edge.ClearCompleted)
		return
	}
	m.hide()
	m.Phase, m.Previous, m.Late = Parting, nil, false
	m.Begun, m.Heard, m.Loose, m.Until = time.Time{}, time.Time{}, time.Time{}, m.at.Add(m.t.Farewell)
	m.do(Farewell{Prompt: holder.Prompt, Customer: holder.Customer, Checkout: m.Checkout})
}

func (in Till) visit(customer edge.CustomerRef) Visit {
	e := in.Event
	return Visit{edge.Visit{
		Customer: customer, At: in.moment().UTC(), Store: e.Store, Lane: e.Lane, Checkout: e.Checkout, Items: e.Items, Total: e.Total,
	}}
}
