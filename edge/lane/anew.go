// SPDX-License-Identifier: Apache-2.0

package lane

import (
	"time"

	"redbench/edge"
)

// Anew says that what is known of a customer has become something else at one stroke, as when two records are merged:
// what a screen says of her is to be chosen anew, under a new prompt.
type Anew struct {
	Customer edge.CustomerRef
	Prompt   string
	At       time.Time
}

func (in Anew) when() time.Time { return in.At }

// apply greets her anew if her prompt is on the screen, for as long as that would have stood there; a pause holds the new
// one back in its place. What is not on the screen any more stays off it.
func (in Anew) apply(m *move) {
	switch {
	case in.Customer == edge.Stranger || m.Holder.Customer != in.Customer:
	case !m.Shown.IsZero():
		m.show(in.Prompt, m.Holder.Event, m.Shown)
	case !m.Withheld.Until.IsZero():
		m.Withheld.Prompt = in.Prompt
	}
}
