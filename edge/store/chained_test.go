// SPDX-License-Identifier: Apache-2.0

package store

import (
	"testing"

	"redbench/edge"
)

// TestAnOrderLeavesWhoHasAnotherIDOfTheChain: where she was forgotten the phone of her household was hers alone, so that the
// order names it; here only another of the household has it.
func TestAnOrderLeavesWhoHasAnotherIDOfTheChain(t *testing.T) {
	for _, chained := range []bool{true, false} {
		s, hq := enrolled(t)
		importCustomers(t, s, "customer,identifier,name\nc2,6001,Bo\n")
		order := orderOf(hq, 9, cardOf("6001"), edge.Identifier{Kind: edge.KindCustomer, Value: "c1"})
		order.Chained = chained
		apply(t, s, order)
		if name, err := known(t, s, "6001"); (err == nil && name == "Bo") != chained {
			t.Errorf("chained %v: the card names %q, %v", chained, name, err)
		}
	}
}

// TestAnOrderThatComesBackLeavesTheHousehold: the box that gave it knew that she shared the card; head office did not.
func TestAnOrderThatComesBackLeavesTheHousehold(t *testing.T) {
	s, hq := enrolled(t)
	importCustomers(t, s, "customer,identifier,name\nc1,6001,Ada\nc2,6001,Bo\n")
	if _, err := s.Forget(t.Context(), edge.Identifier{Kind: edge.KindCustomer, Value: "c1"}); err != nil {
		t.Fatal(err)
	}
	given := orders(t, s)[0].Erasure
	if !given.Chained {
		t.Error("the order does not say that it names the chain's id")
	}
	grave := hq.TombstoneOf(hq.Hashes(cardOf("6001"))[0])
	back := *given
	back.Chained = false // as of one whom the chain has no id of its own for
	back.Tombstones = append(back.Tombstones, grave[:])
	apply(t, s, back)
	if name, err := known(t, s, "6001"); err != nil || name != "Bo" {
		t.Errorf("the card names %q, %v", name, err)
	}
}
