// SPDX-License-Identifier: Apache-2.0

package lane

import (
	"time"

	"redbench/edge"
)

// Recognised says who the stranger is whose card brought Prompt: somebody who is known elsewhere. It comes a moment after
// the card, from head office.
type Recognised struct {
	Prompt   string
	Customer edge.CustomerRef
	At       time.Time
}

func (in Recognised) when() time.Time { return in.At }

// apply gives the lane to her if it is still the stranger's. What is on the screen becomes hers in place, for as long as
// it would have stood there; what is not on the screen any more stays off it.
func (in Recognised) apply(m *move) {
	if !in.isHolder(m) {
		return
	}
	m.Holder.Customer = in.Customer
	switch {
	case m.Phase == Parting: // her visit was a stranger's; the farewell is read already
		if after, mine := m.claim(m.Checkout, m.at); mine {
			m.do(Attach{edge.Attach{Checkout: m.Checkout, Customer: in.Customer, After: after}})
		}
	case !m.Shown.IsZero():
		m.do(Greet{Customer: in.Customer, Prompt: in.Prompt, Event: m.Holder.Event, Checkout: m.Checkout})
	}
}

// isHolder reports whether the card that brought the prompt still holds the lane, as a stranger's.
func (in Recognised) isHolder(m *move) bool {
	if in.Customer == edge.Stranger || in.Prompt == "" || !m.Holder.Carded || m.Holder.Customer != edge.Stranger {
		return false
	}
	return m.Holder.Prompt == in.Prompt || m.Withheld.Prompt == in.Prompt
}
