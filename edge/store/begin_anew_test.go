// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"testing"

	"redbench/edge"
)

// TestNewConsentBeginsAnewAfterAnOrderByID: everybody else forgets her by the id that she had, so that she has another
// here, with what she told since and without what she told before.
func TestNewConsentBeginsAnewAfterAnOrderByID(t *testing.T) {
	for _, by := range []string{"id", "alias"} {
		s, hq := enrolled(t)
		ada := remembered(hq, "Ada", "6001")
		ada.Also = []string{newID()}
		ada.Fields[edge.FieldConsent] = edge.Register{Value: "remember", At: at(20), Rank: edge.RankTold}
		before, since := sailing(ada.ID, 2), sailing(ada.ID, 25)
		apply(t, s, ada, before, since)
		drain(t, s)
		order := orderOf(hq, 9, cardOf("6001"))
		order.Customers = []string{ada.ID}
		if by == "alias" {
			order.Customers = ada.Also
		}
		if out := apply(t, s, order); len(out.Forgotten) != 0 || len(out.Changed) != 1 {
			t.Errorf("%s: %+v", by, out)
		}
		p := profile(t, s, "6001")
		stays := slices.DeleteFunc([]string{ada.ID, ada.Also[0]}, func(id string) bool { return id == order.Customers[0] })
		if p.Customer.Name != "Ada" || p.Customer.ID == ada.ID || p.Customer.ID == ada.Also[0] {
			t.Errorf("%s: she is %+v", by, p.Customer)
		}
		if len(p.Facts) != 1 || p.Facts[0].ID != since.ID {
			t.Errorf("%s: known of her: %+v", by, p.Facts)
		}
		told := map[edge.RecordKind]int{}
		for _, r := range drain(t, s) {
			if r.Customer != nil && (r.Customer.ID != p.Customer.ID || !slices.Equal(r.Customer.Also, stays) || r.Customer.Unlearnt != order.Stamp) {
				t.Errorf("%s: told of her: %+v", by, r.Customer)
			}
			if r.Fact != nil && (r.Fact.ID != since.ID || r.Fact.Customer != p.Customer.ID) {
				t.Errorf("%s: told of a fact: %+v", by, r.Fact)
			}
			told[r.Kind]++
		}
		if told[edge.RecordCustomer] != 1 || told[edge.RecordFact] != 1 {
			t.Errorf("%s: told %v", by, told)
		}
		apply(t, s, order, ada, before)
		if again := profile(t, s, "6001"); again.Customer.ID != p.Customer.ID || len(again.Facts) != 1 {
			t.Errorf("%s: the order and what was known before come again: %+v", by, again)
		}
	}
}

// TestWhatIsToldOfHerWithTheOrderIsHers: the order names her card alone, so that head office goes on to call her by the id that
// this store told of her, in the same page.
func TestWhatIsToldOfHerWithTheOrderIsHers(t *testing.T) {
	s, hq := enrolled(t)
	ada := remembered(hq, "Ada", "6001")
	ada.Fields[edge.FieldConsent] = edge.Register{Value: "remember", At: at(20), Rank: edge.RankTold}
	apply(t, s, ada)
	since := sailing(ada.ID, 25)
	apply(t, s, orderOf(hq, 9, cardOf("6001")), since)
	if p := profile(t, s, "6001"); p.Customer.ID == ada.ID || len(p.Facts) != 1 || p.Facts[0].ID != since.ID {
		t.Errorf("known of her: %+v", p)
	}
}

// TestADeletionIsToldWhateverSheAllows: others may hold the fact, and not have heard yet that she took her consent back.
func TestADeletionIsToldWhateverSheAllows(t *testing.T) {
	s, hq := enrolled(t)
	ada := remembered(hq, "Ada", "6001")
	apply(t, s, ada)
	ref := profile(t, s, "6001").Customer.Ref
	for _, word := range []string{"deleted", "kept"} {
		commit(t, s, edge.Entry{Word: word, Fact: &edge.Fact{ID: newID(), Customer: ref, Kind: edge.FactPraise, Text: word, At: s.opt.Now()}})
	}
	drain(t, s)
	commit(t, s, edge.Entry{Withdraw: "deleted"})
	ada.Fields[edge.FieldConsent] = edge.Register{Value: "recognise", At: at(1e6), Rank: edge.RankTold}
	apply(t, s, ada)
	gone := 0
	for _, r := range drain(t, s) {
		if r.Fact != nil && r.Fact.Gone {
			gone++
		}
	}
	if gone != 1 {
		t.Errorf("%d deletions were told, want 1", gone)
	}
}
