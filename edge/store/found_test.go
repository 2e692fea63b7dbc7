// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
	"redbench/edge/seal"
)

// foundAda is what head office knows of her: a fact, and n visits to the quay, the newest first.
func foundAda(hq *seal.Box, n int) edge.Found {
	f := edge.Found{Customer: remembered(hq, "Ada", "6001")}
	f.Facts = []edge.FactState{sailing(f.Customer.ID, 2)}
	for i := range n {
		f.Visits = append(f.Visits, edge.VisitState{ID: digestOf("visit", fmt.Sprint(i)), Customer: f.Customer.ID, At: newClock().now.Add(-time.Duration(i) * 24 * time.Hour),
			Store: "quay", Lane: "1", Checkout: fmt.Sprint("k", i), Items: []edge.Item{{SKU: "milk", Name: "Milk", Quantity: 1}, {SKU: fmt.Sprint("once", i), Quantity: 1}},
			Total: edge.Money{Minor: 100, Currency: "EUR"}})
	}
	return f
}

// TestAStrangerWhomHeadOfficeKnows is known here from then on, with her habits, and nothing of it goes back but that she is.
func TestAStrangerWhomHeadOfficeKnows(t *testing.T) {
	s, hq := enrolled(t)
	f := foundAda(hq, 5)
	ref, err := s.TakeFound(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	p := profile(t, s, "6001")
	if p.Customer.Ref != ref || p.Customer.Name != "Ada" || p.Visits != 5 || p.Usual[0].SKU != "milk" || p.Usual[0].Times != 5 || p.Last.Store != "quay" || len(p.Facts) != 1 {
		t.Errorf("%+v", p)
	}
	before := dump(t, s)
	if again, err := s.TakeFound(t.Context(), f); err != nil || again != ref {
		t.Errorf("again: %d %v", again, err)
	}
	if d := cmp.Diff(before, dump(t, s)); d != "" {
		t.Errorf("again changes (-before +after):\n%s", d)
	}
	// Older ones teach as if they had come in order.
	older := foundAda(hq, 8)
	older.Customer = f.Customer
	if _, err := s.TakeFound(t.Context(), older); err != nil {
		t.Fatal(err)
	}
	if p := profile(t, s, "6001"); p.Visits != 8 || p.Usual[0].Times != 8 || !p.Last.At.Equal(f.Visits[0].At) {
		t.Errorf("%+v", p)
	}
	if all := drain(t, s); len(all) != 1 || all[0].Customer == nil || all[0].Customer.ID != f.Customer.ID {
		t.Errorf("records go back: %+v", all)
	}
	// A checkout of lane 1 here is another, also when hers have become a stranger's.
	apply(t, s, edge.Erasure{ID: newID(), Stamp: at(99), Customers: []string{f.Customer.ID}})
	commit(t, s, edge.Entry{Visit: &edge.Visit{At: f.Visits[0].At, Store: "harbour", Lane: "1", Checkout: "k0", Items: []edge.Item{{SKU: "x", Quantity: 1}}}})
	if n := waiting(t, s, edge.RecordVisit); n != 1 {
		t.Errorf("%d visits are told", n)
	}
}

// TestVisitsThatTeachNothing: of one who does not want to be remembered, or took it back since; and of the forgotten
// nothing at all.
func TestVisitsThatTeachNothing(t *testing.T) {
	s, hq := enrolled(t)
	f := foundAda(hq, 3)
	f.Customer.Fields.Tell(edge.FieldConsent, "recognise", at(5), edge.RankTold)
	ref, err := s.TakeFound(t.Context(), f)
	if err != nil || len(learntOf(t, s, ref)) != 0 {
		t.Errorf("recognised: %v %v", learntOf(t, s, ref), err)
	}
	f.Customer.Fields.Tell(edge.FieldConsent, "remember", at(9), edge.RankTold)
	f.Customer.Unlearnt = edge.Stamp{Wall: f.Visits[1].At.UnixMicro(), Origin: "elsewhere"}
	if _, err := s.TakeFound(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if p := profile(t, s, "6001"); p.Visits != 1 {
		t.Errorf("%d visits count", p.Visits)
	}
	apply(t, s, edge.Erasure{ID: newID(), Stamp: at(99), Customers: []string{f.Customer.ID}})
	if _, err := s.TakeFound(t.Context(), f); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("forgotten: %v", err)
	}
	wantStranger(t, s, "6001", "forgotten")
}

// TestABoxThatBeginsAnewKnowsTheUsualAgain: head office tells it of its store's own visits, too, and none goes back.
func TestABoxThatBeginsAnewKnowsTheUsualAgain(t *testing.T) {
	s, hq := enrolled(t)
	f := foundAda(hq, 5)
	f.Visits[0].Store, f.Visits[1].Store, f.Visits[2].Store = "harbour", "harbour", "" // of this store, and imported at head office
	p := edge.Page{Cursor: "next", Changes: []edge.Change{{Kind: edge.ChangeCustomer, Customer: &f.Customer, Visits: f.Visits}}}
	for range 2 {
		if _, err := s.Apply(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if got := profile(t, s, "6001"); got.Visits != 5 || got.Usual[0].SKU != "milk" || got.Last.Store != "harbour" {
			t.Errorf("%+v", got)
		}
	}
	// Neither when all is offered, nor when she is told anew, does head office hear of its own visits.
	apply(t, s, edge.CustomerState{ID: f.Customer.ID, Unlearnt: edge.Stamp{Wall: f.Visits[4].At.UnixMicro(), Origin: "elsewhere"}})
	if got := profile(t, s, "6001"); got.Visits != 4 {
		t.Errorf("after the oldest was taken back: %d visits", got.Visits)
	}
	if err := s.Offer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n := waiting(t, s, edge.RecordVisit); n != 0 {
		t.Errorf("%d visits go back", n)
	}
}
