// SPDX-License-Identifier: Apache-2.0

package store

import (
	"testing"

	"redbench/edge"
)

// TestWhoSpokeAfterAnOrderComesBackUnderHerID: the order named her card alone. Of two machines of a store, or of a box and its
// restored copy, one heard her new consent before the order and told it; the other forgot her. Head office has her.
func TestWhoSpokeAfterAnOrderComesBackUnderHerID(t *testing.T) {
	s, hq := enrolled(t)
	ada := remembered(hq, "Ada", "6001")
	apply(t, s, ada)
	order := orderOf(hq, 9, cardOf("6001"))
	if out := apply(t, s, order); len(out.Forgotten) != 1 {
		t.Fatalf("the order forgot %+v", out)
	}
	apply(t, s, ada)
	if ref := tapped(t, s, "6001"); ref != edge.Stranger {
		t.Fatal("what head office had told before brought her back")
	}
	said := ada.Merge(edge.CustomerState{Fields: edge.Fields{edge.FieldConsent: {Value: "remember", At: at(20), Rank: edge.RankTold}}})
	apply(t, s, said)
	if p := profile(t, s, "6001"); p.Customer.ID != ada.ID || p.Customer.Name != "Ada" {
		t.Errorf("she is %+v", p.Customer)
	}
	// From then on she is a customer as any: also what takes her consent back is heard.
	apply(t, s, said.Merge(edge.CustomerState{Fields: edge.Fields{edge.FieldConsent: {Value: "none", At: at(30), Rank: edge.RankTold}}}))
	if p := profile(t, s, "6001"); p.Customer.Name != "" || p.Customer.Consent != edge.ConsentNone {
		t.Errorf("she said no, and is %+v", p.Customer)
	}
}

// TestWhomATombstoneMeetsAfterSheSpokeBeginsAnew: head office refused what it was told of her until she said so, so that all
// that was learnt since the order has to be told again.
func TestWhomATombstoneMeetsAfterSheSpokeBeginsAnew(t *testing.T) {
	s, hq := enrolled(t)
	ada := remembered(hq, "Ada", "6001")
	ada.Fields[edge.FieldConsent] = edge.Register{Value: "remember", At: at(20), Rank: edge.RankTold}
	since := sailing(ada.ID, 25)
	apply(t, s, ada, sailing(ada.ID, 2), since)
	drain(t, s)
	if out := apply(t, s, orderOf(hq, 9, cardOf("6001"))); len(out.Forgotten) != 0 {
		t.Errorf("the order forgot %+v", out)
	}
	p := profile(t, s, "6001")
	if p.Customer.ID == ada.ID || len(p.Facts) != 1 || p.Facts[0].ID != since.ID {
		t.Errorf("she is %+v", p)
	}
	told := map[edge.RecordKind]int{}
	for _, r := range drain(t, s) {
		told[r.Kind]++
	}
	if told[edge.RecordCustomer] != 1 || told[edge.RecordFact] != 1 {
		t.Errorf("told %v", told)
	}
}

func tapped(t *testing.T, s *Store, card string) edge.CustomerRef {
	t.Helper()
	tap, err := s.Tap(t.Context(), edge.EventKey{1}, cardOf(card))
	if err != nil {
		t.Fatal(err)
	}
	return tap.Profile.Customer.Ref
}
