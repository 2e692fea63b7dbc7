// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"testing"

	"redbench/edge"
)

// TestWhoIsLeftOfAHouseholdIsNotForgottenLate: the order names the card by its value, since where she was forgotten it was
// hers alone. Here it rests under a key that nobody else has, and is another's, too.
func TestWhoIsLeftOfAHouseholdIsNotForgottenLate(t *testing.T) {
	for _, later := range []bool{false, true} {
		s := openStore(t, t.TempDir())
		importCustomers(t, s, "customer,identifier,name\nc1,6001,Ada\nc2,6001,Bo\n")
		hq := office(t)
		enrol(t, s, hq)
		his := profileOf(t, s, "c2")
		order := orderOf(hq, 9, cardOf("6001"))
		order.Customers = []string{profileOf(t, s, "c1").Customer.ID}
		if out := apply(t, s, order); len(out.Forgotten) != 1 {
			t.Fatalf("forgotten: %v", out.Forgotten)
		}
		if later { // he is forgotten, too, elsewhere, and under an id that nobody knows here
			apply(t, s, orderOf(hq, 99, cardOf("6001")))
		}
		_, _ = s.Tap(t.Context(), edge.EventKey{1}, cardOf("6001"))
		if err := s.Upkeep(t.Context()); err != nil {
			t.Fatal(err)
		}
		name, err := known(t, s, "6001")
		if stays := err == nil && name == "Bo"; stays == later {
			t.Errorf("later %v: the card names %q, %v", later, name, err)
		}
		told := slices.ContainsFunc(orders(t, s), func(o edge.Order) bool {
			return o.Erasure != nil && slices.Contains(o.Erasure.Customers, his.Customer.ID)
		})
		if told != later {
			t.Errorf("later %v: the chain is told to forget him: %v", later, told)
		}
	}
}

// TestASharedCardIsSparedByItsTombstone: an order that meets a shared card keeps no tombstone of it.
func TestASharedCardIsSparedByItsTombstone(t *testing.T) {
	s, hq := enrolled(t)
	importCustomers(t, s, "customer,identifier,name\nc1,6001,Ada\nc2,6001,Bo\n")
	apply(t, s, orderOf(hq, 9, cardOf("6001"), edge.Identifier{Kind: edge.KindCustomer, Value: "c1"}))
	grave := hq.TombstoneOf(hq.Hashes(cardOf("6001"))[0])
	if n := count(t, s, `SELECT count(*) FROM tombstones WHERE hash = ?`, grave[:]); n != 0 {
		t.Error("the tombstone of a card that Bo has, too, was kept")
	}
}

func profileOf(t testing.TB, s *Store, chain string) edge.Profile {
	t.Helper()
	p, err := s.Profile(t.Context(), edge.Identifier{Kind: edge.KindCustomer, Value: chain})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
