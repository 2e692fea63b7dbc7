// SPDX-License-Identifier: Apache-2.0

package lane

import "redbench/edge"

// presented is a card. It may name the checkout that it is for, before or after this began or ended.
func (in Till) presented(m *move) {
	id := in.Event.Checkout
	switch {
	case id == "":
		in.unnamed(m)
	case in.isOpen(m):
		in.hold(m)
	case in.isDone(m):
		in.attach(m)
	case in.isParked(m) || in.aside(m):
		parked := in.parked(m)
		parked.Customer, parked.Late = in.Customer, in.Late
		m.keep(parked)
	default:
		in.open(m) // the card overtook its checkout
		in.hold(m)
	}
}

// unnamed is a card that does not tell its checkout: it is for the open one, or waits for one.
func (in Till) unnamed(m *move) {
	switch m.Phase {
	case Serving:
		if in.believable(m) {
			in.hold(m)
		}
	case Greeted:
		if in.Late && !m.Holder.Late {
			return
		}
		m.Until, m.Late = m.at.Add(m.t.Card), in.Late
		in.hold(m)
	default:
		if in.Late && m.Phase == Parting { // no greeting will replace the farewell
			m.blank(edge.ClearCompleted)
		}
		m.vacate()
		m.Phase, m.Until, m.Late = Greeted, m.at.Add(m.t.Card), in.Late
		in.hold(m)
	}
}

// believable reports whether a card without a checkout is for the open one. A late one never replaces a fresh one, and
// must be close to the checkout by the till's clock.
func (in Till) believable(m *move) bool {
	if !in.Late {
		return true
	}
	if m.Holder.Carded && !m.Holder.Late {
		return false
	}
	return !in.Event.Time.Before(m.Begun.Add(-m.t.Card))
}

// hold gives the lane to whoever showed the card.
func (in Till) hold(m *move) {
	same := in.Customer != edge.Stranger && m.Holder.Customer == in.Customer
	loose := !m.Loose.IsZero()
	if m.Phase == Serving {
		in.touch(m)
	}
	if !same {
		in.replace(m)
	}
	if in.isLoose(m) && (loose || !same) {
		m.Loose = m.at
	}
	switch {
	case same && !m.Shown.IsZero():
	case !in.Late:
		m.greet(in.Prompt, in.Event.ID)
	}
}

// isLoose reports whether the holder's card may be for the next checkout: it took the open one from another's card without
// telling that it meant this one. A till that restarted leaves a checkout open that is over.
func (in Till) isLoose(m *move) bool {
	return m.Phase == Serving && in.Event.Checkout == "" && !in.Late && m.Previous != nil && m.Previous.Carded
}

// replace makes the card's owner the holder, and keeps whoever held the lane for an undo.
func (in Till) replace(m *move) {
	if m.Holder != (Holder{}) {
		before := m.Holder
		m.Previous = &before
	}
	shown := !m.Shown.IsZero()
	m.Holder = Holder{Customer: in.Customer, Carded: true, Late: in.Late, Told: in.Event.Time}
	m.hide()
	if shown && in.Late {
		m.blank(edge.ClearExpired)
	}
}

// attach gives a stranger's visit to the one who shows her card after it.
func (in Till) attach(m *move) {
	if in.Customer == edge.Stranger {
		return
	}
	if after, mine := m.claim(in.Event.Checkout, in.moment()); mine {
		m.do(Attach{edge.Attach{Lane: in.Event.Lane, Checkout: in.Event.Checkout, Customer: in.Customer, After: after}})
	}
}

// removed takes the card back. The visit is then a stranger's. A late one that is older than the holder's card was for
// somebody else's.
func (in Till) removed(m *move) {
	id := in.Event.Checkout
	switch {
	case id != "" && in.isParked(m):
		parked := in.parked(m)
		parked.Customer, parked.Late = edge.Stranger, false
		m.keep(parked)
	case id != "" && m.Checkout != "" && id != m.Checkout:
	case !m.Holder.Carded || in.Late && in.Event.Time.Before(m.Holder.Told):
	default:
		m.strip(edge.ClearRemoved)
	}
}
