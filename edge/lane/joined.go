// SPDX-License-Identifier: Apache-2.0

package lane

import (
	"slices"
	"time"

	"redbench/edge"
)

// Joined says that two customers turned out to be one person, who is Into from now on.
type Joined struct {
	From, Into edge.CustomerRef
	At         time.Time
}

func (in Joined) when() time.Time { return in.At }

// apply changes nothing that anybody sees: whoever stands there is still the same person.
func (in Joined) apply(m *move) {
	if in.From == edge.Stranger || in.Into == edge.Stranger {
		return
	}
	if m.Holder.Customer == in.From {
		m.Holder.Customer = in.Into
	}
	if m.Previous != nil && m.Previous.Customer == in.From {
		before := *m.Previous
		before.Customer = in.Into
		m.Previous = &before
	}
	isHers := func(p Parked) bool { return p.Customer == in.From }
	if !slices.ContainsFunc(m.Parked, isHers) {
		return
	}
	m.Parked = slices.Clone(m.Parked)
	for i := range m.Parked {
		if isHers(m.Parked[i]) {
			m.Parked[i].Customer = in.Into
		}
	}
}
