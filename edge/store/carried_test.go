// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"testing"

	"redbench/edge"
)

// hand gives head office the orders that wait.
func hand(t testing.TB, s *Store) (erasures []edge.Erasure) {
	t.Helper()
	var ids []string
	for _, o := range orders(t, s) {
		ids = append(ids, o.ID())
		if o.Erasure != nil {
			erasures = append(erasures, *o.Erasure)
		}
	}
	if err := s.Ordered(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	if left := orders(t, s); len(left) != 0 {
		t.Fatalf("still to be told: %+v", left)
	}
	if b, err := s.Backlog(t.Context()); err != nil || b.Orders != 0 {
		t.Fatalf("%+v, %v", b, err)
	}
	return erasures
}

// TestWhomToForgetIsToldAgain to a head office that was put back to an older copy, whoever ordered it: it has lost the
// order, and knows her still.
func TestWhomToForgetIsToldAgain(t *testing.T) {
	s, hq := enrolled(t)
	apply(t, s, remembered(hq, "Ada", "6001"), remembered(hq, "Bo", "6002"))
	forget(t, s, edge.KindCard, "6001")
	here := hand(t, s)
	there := orderOf(hq, 9, cardOf("6002"))
	apply(t, s, there)
	if got := hand(t, s); len(here) != 1 || len(got) != 0 {
		t.Fatalf("told: %+v, then %+v", here, got)
	}
	if err := s.StartOver(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := hand(t, s)
	for _, want := range []edge.Erasure{here[0], there} {
		if !slices.ContainsFunc(again, func(e edge.Erasure) bool {
			return e.ID == want.ID && e.Stamp == want.Stamp && slices.Equal(e.Customers, want.Customers) && len(e.Tombstones) == len(want.Tombstones)
		}) {
			t.Errorf("told again: %+v, without %+v", again, want)
		}
	}
	if len(again) != 2 {
		t.Errorf("%d orders are told again", len(again))
	}
}

// TestDeletedFactsAreOffered with what is left, also those that were deleted elsewhere; of who was forgotten none is.
func TestDeletedFactsAreOffered(t *testing.T) {
	s, hq := enrolled(t)
	ada, bo := remembered(hq, "Ada", "6001"), remembered(hq, "Bo", "6002")
	kept, here, there, his := sailing(ada.ID, 2), sailing(ada.ID, 3), sailing(ada.ID, 4), sailing(bo.ID, 2)
	apply(t, s, ada, bo, kept, here, there, his)
	commit(t, s, edge.Entry{Word: "w", Fact: &edge.Fact{ID: newID(), Customer: profile(t, s, "6001").Customer.Ref, Kind: edge.FactPraise, Text: "deleted", At: s.opt.Now()}})
	commit(t, s, edge.Entry{Withdraw: "w"})
	undone := texts(t, s, `SELECT lower(hex(id)) FROM gone WHERE kind = 'praise'`)
	gone := there
	gone.Gone, gone.Fields = true, nil
	his.Gone, his.Fields = true, nil
	apply(t, s, gone, his)
	forget(t, s, edge.KindCard, "6002")
	drain(t, s)
	if err := s.StartOver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Offer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	live, dead := map[string]bool{}, map[string]bool{}
	for _, r := range drain(t, s) {
		switch {
		case r.Fact == nil:
		case r.Fact.Gone && r.Fact.Customer == ada.ID && r.Fact.Kind.Valid():
			dead[r.Fact.ID] = true
		default:
			live[r.Fact.ID] = true
		}
	}
	if len(live) != 2 || !live[kept.ID] || !live[here.ID] || len(dead) != 2 || !dead[gone.ID] || len(undone) != 1 {
		t.Errorf("offered: %v, deleted: %v (%v)", live, dead, undone)
	}
}
