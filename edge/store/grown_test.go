// SPDX-License-Identifier: Apache-2.0

package store

import (
	"testing"

	"redbench/edge"
)

// TestAnOrderThatHasComeToNameMoreIsCarriedOutForThat: head office found only after it had told the order what else is hers.
func TestAnOrderThatHasComeToNameMoreIsCarriedOutForThat(t *testing.T) {
	s, hq := enrolled(t)
	importCustomers(t, s, "customer,identifier,name\n,6001,Ada\n,6002,Bo\n,6003,Cy\n")
	first := orderOf(hq, 9, cardOf("6001"))
	apply(t, s, first)
	wantStranger(t, s, "6001", "ordered")
	importCustomers(t, s, "customer,identifier,name,consent\n,6001,Ada,remember\n")
	more := orderOf(hq, 9, cardOf("6001"), cardOf("6002"))
	more.ID = first.ID
	for range 2 {
		apply(t, s, more)
		wantStranger(t, s, "6002", "the order has come to name it")
		for _, card := range []string{"6001", "6003"} {
			if _, err := known(t, s, card); err != nil {
				t.Errorf("whoever has %s is gone: %v", card, err)
			}
		}
		importCustomers(t, s, "customer,identifier,name\n,6002,Bo\n") // an old file
	}
	if o := s.given(t, first.ID); len(o.Tombstones) != len(more.Tombstones) {
		t.Errorf("kept is an order with %d tombstones, told were %d", len(o.Tombstones), len(more.Tombstones))
	}
}

func (s *Store) given(t *testing.T, id string) edge.Erasure {
	t.Helper()
	o, err := s.keptErasure(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
