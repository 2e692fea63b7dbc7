// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"testing"

	"redbench/edge"
)

// TestWhomATombstoneStoppedIsTakenUpWhenSheSaysSo: no order names the id that a box has for her. So what stops her is that she
// has not said yet that she wants to be known, and nothing else.
func TestWhomATombstoneStoppedIsTakenUpWhenSheSaysSo(t *testing.T) {
	for _, first := range []edge.Consent{"", edge.ConsentNone} {
		o := newOffice(t)
		b := o.enrolled("harbour")[0]
		done, err := o.Forget(t.Context(), card(1))
		must(t, err)
		o.clock.forward(1e9)
		maya := b.customer("Maya", card(1))
		if first == "" {
			maya.Fields.Tell(edge.FieldConsent, string(edge.ConsentRemember), b.stamp(), edge.RankGuess)
		} else {
			maya = withConsent(b, maya, first)
		}
		b.tell(told(maya, b.fact(maya.ID, "she rides"), outcome(maya.ID, "p", "used"))...)
		if n := len(o.only("customer")) + len(o.only("fact")) + len(o.only("outcome")); n != 0 {
			t.Fatalf("%q: of one who is forgotten is kept: %+v", first, o.all())
		}
		old := maya
		o.clock.forward(1e9)
		since := b.fact(maya.ID, "she sails")
		b.tell(told(withConsent(b, maya, edge.ConsentRemember), since, old)...)
		if c := o.onlyPerson(); c.ID != maya.ID || c.Consent() != edge.ConsentRemember {
			t.Errorf("%q: %+v", first, c)
		}
		if f := o.only("fact"); len(f) != 1 || f[0].Fact.ID != since.ID {
			t.Errorf("%q: facts %+v", first, f)
		}
		// An order that names her is another matter: that id never comes back.
		done, err = o.Forget(t.Context(), card(1))
		must(t, err)
		o.clock.forward(1e9)
		b.stamps.See(edge.Stamp{Wall: o.clock.Now().UnixMicro(), Origin: "hq"})
		b.tell(told(withConsent(b, maya, edge.ConsentRemember))...)
		if n := len(o.only("customer")); n != 0 || !done.Known {
			t.Errorf("%q: an erased id came back", first)
		}
	}
}
