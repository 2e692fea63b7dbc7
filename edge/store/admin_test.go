// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"redbench/edge"
)

// TestWhoIsLookedUpWaitsNoLongerThanSheCan for whoever holds the customers, and not at all for a pass over identifiers.
func TestWhoIsLookedUpWaitsNoLongerThanSheCan(t *testing.T) {
	s, hq := enrolled(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	s.admin.Lock()
	defer s.admin.Unlock()
	if _, err := s.TakeFound(ctx, foundAda(hq, 1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("she waits: %v", err)
	}
	back := s.admin.aside()
	defer back()
	if _, err := s.TakeFound(t.Context(), foundAda(hq, 1)); err != nil {
		t.Errorf("while identifiers are looked through: %v", err)
	}
}

// TestWhoIsFoundDuringAPassIsSeenByIt, though it has passed where her identifiers stand.
func TestWhoIsFoundDuringAPassIsSeenByIt(t *testing.T) {
	s, hq := enrolled(t)
	release := s.holdRehash()
	f := foundAda(hq, 1)
	if _, err := s.TakeFound(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	added := s.late.added()
	release()
	if want := f.Customer.Identifiers[0]; len(added) != 1 || added[0].Key != want.Key || !slices.Equal(added[0].Sum[:], want.Sum) {
		t.Errorf("noted %v", added)
	}
	if len(s.late.added()) != 0 {
		t.Error("they are kept")
	}
}

// TestACardThatHeadOfficeGivesToSomebodyElseStaysAlive: two people here have it only once head office has said who they
// are. Of a household both do.
func TestACardThatHeadOfficeGivesToSomebodyElseStaysAlive(t *testing.T) {
	s, hq := enrolled(t)
	importCustomers(t, s, "customer,identifier,name\n,6001,Bo\nc9,6009,Cy\n")
	ada := remembered(hq, "Ada", "6002")
	apply(t, s, ada)
	ada.Identifiers = append(ada.Identifiers, hashOf(hq, edge.KindCard, "6001"), hashOf(hq, edge.KindCard, "6009"))
	apply(t, s, ada)
	for card, name := range map[string]string{"6001": "Bo", "6002": "Ada", "6009": "Cy"} {
		if p, err := s.Profile(t.Context(), cardOf(card)); err != nil || p.Customer.Name != name {
			t.Errorf("%s: %q, %v", card, p.Customer.Name, err)
		}
	}
	ada.Identifiers = append(ada.Identifiers, hashOf(hq, edge.KindCustomer, "c2"))
	apply(t, s, ada)
	if _, err := s.Profile(t.Context(), cardOf("6009")); !errors.Is(err, edge.ErrAmbiguous) {
		t.Errorf("a household's card: %v", err)
	}
	// Head office says that two are one.
	bo := stateOf(t, s, profile(t, s, "6001").Customer.Ref)
	ada.Also = []string{bo.ID}
	apply(t, s, ada)
	if a, b := profile(t, s, "6001"), profile(t, s, "6002"); a.Customer.Ref != b.Customer.Ref {
		t.Error("they are still two")
	}
}

// TestDamagedOrdersKeepNoOthersBack, however many they are.
func TestDamagedOrdersKeepNoOthersBack(t *testing.T) {
	s, _ := enrolled(t)
	if _, err := s.write.Exec(`WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n <= ?)
		INSERT INTO orders (id, body, at) SELECT 'damaged ' || n, x'00', 0 FROM i`, mostOrders); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Forget(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "6001"}); !errors.Is(err, edge.ErrNotFound) {
		t.Fatal(err)
	}
	importCustomers(t, s, "customer,identifier,name\nc1,6001,Ada\n")
	if _, err := s.Forget(t.Context(), cardOf("6001")); err != nil {
		t.Fatal(err)
	}
	if orders, err := s.Orders(t.Context()); err != nil || len(orders) != 1 {
		t.Errorf("%d orders, %v", len(orders), err)
	}
}

// TestAQuietBoxRemembersItsClock: a copy from long ago is known though nothing was stamped in months.
func TestAQuietBoxRemembersItsClock(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	before := s.place().Box
	s.clock.add(30 * 24 * time.Hour)
	if err := s.Upkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.clock.add(-2 * time.Hour)
	s.Store = reopen(t, s.Store)
	if s.place().Box == before {
		t.Error("the clock went back, and the box is the same")
	}
}

// TestAClockThatRanAheadDoesNotKeepABoxOpen: from when it is right again, the days count until the lock.
func TestAClockThatRanAheadDoesNotKeepABoxOpen(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	if err := s.Asked(t.Context(), s.clock.Now().Add(365*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := s.Upkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, asked, err := s.Cursor(t.Context()); err != nil || !asked.Equal(s.clock.Now()) {
		t.Errorf("asked at %v, %v", asked, err)
	}
}
