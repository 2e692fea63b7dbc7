// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"redbench/edge"
)

func visitOf(ref edge.CustomerRef, hours int, checkout string, skus ...string) edge.Entry {
	v := edge.Visit{Customer: ref, At: newClock().now.Add(time.Duration(hours) * time.Hour), Store: "harbour", Lane: "1", Checkout: checkout}
	for _, sku := range skus {
		v.Items = append(v.Items, edge.Item{SKU: sku, Name: "Article " + sku, Quantity: 1})
	}
	return edge.Entry{Visit: &v}
}

// TestTwoWhoAreOneBecomeOne: what was known of both is known of the one, as if she had been one all along.
func TestTwoWhoAreOneBecomeOne(t *testing.T) {
	dir := t.TempDir()
	s := enrol(t, openStore(t, dir), office(t))
	importCustomers(t, s, "customer,identifier,name,fact.interest\nc1,6001,Ada,sailing\nc1,6003,,\n,6002,Ada L,chess\n,6003,,\n")
	importCustomers(t, s, "identifier,name,say\n6002,Ada L,AY-da\n")
	one, other := profile(t, s, "6001"), profile(t, s, "6002")
	commit(t, s, visitOf(one.Customer.Ref, 1, "1", "milk", "rye"), visitOf(one.Customer.Ref, 3, "3", "milk"), visitOf(one.Customer.Ref, 5, "same", "tea"),
		visitOf(one.Customer.Ref, 7, "7", "milk"), visitOf(other.Customer.Ref, 2, "2", "tea"), visitOf(other.Customer.Ref, 5, "same", "tea"))
	prompt := live(t, s, profile(t, s, "6002"))
	gone := traces(t, s, cardOf("6002"))
	for _, stays := range []string{"hash", "id", "identifier"} {
		delete(gone, stays)
	}
	hq := newID()
	out := apply(t, s, edge.CustomerState{ID: hq, Also: []string{one.Customer.ID, other.Customer.ID}, Fields: toldAt(60, edge.FieldAddress, "Captain")})
	from, into := other.Customer.Ref, one.Customer.Ref
	if want := []edge.Joined{{From: from, Into: into}}; !slices.Equal(out.Joined, want) || !slices.Equal(out.Changed, []edge.CustomerRef{into}) {
		t.Errorf("%+v", out)
	}
	got := profile(t, s, "6001")
	if got.Customer.Ref != into || got.Customer.ID != one.Customer.ID || got.Customer.Say != "AY-da" || got.Customer.Address != "Captain" || got.Visits != 6 || len(got.Facts) != 2 {
		t.Errorf("%+v", got)
	}
	for _, card := range []string{"6002", "6003"} {
		if d := cmp.Diff(got, profile(t, s, card)); d != "" {
			t.Errorf("%s names somebody else:\n%s", card, d)
		}
	}
	state := stateOf(t, s, into)
	for _, id := range []string{hq, other.Customer.ID} {
		if !slices.Contains(state.Also, id) {
			t.Errorf("she is not known as %s any more: %v", id, state.Also)
		}
	}
	if _, err := s.ProfileOf(t.Context(), from); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("the other number: %v", err)
	}
	if _, _, err := s.PromptOf(t.Context(), prompt); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("the other's prompt: %v", err)
	}
	if n := count(t, s, `SELECT count(*) FROM outbox WHERE customer = ?`, int64(from)); n != 0 {
		t.Errorf("%d records are still the other's", n)
	}
	if where := found(t, dir, gone); where != nil {
		t.Errorf("the other's are left: %v", where)
	}
	if c, err := s.Counts(t.Context(), s.opt.Now()); err != nil || c.Customers != 1 {
		t.Errorf("%d customers, %v", c.Customers, err)
	}
	// Learnt anew: as another store learns it from the same visits.
	whole := openStore(t, t.TempDir())
	importCustomers(t, whole, "identifier,name\n6001,Ada\n")
	ref := profile(t, whole, "6001").Customer.Ref
	commit(t, whole, visitOf(ref, 1, "1", "milk", "rye"), visitOf(ref, 2, "2", "tea"), visitOf(ref, 3, "3", "milk"), visitOf(ref, 5, "same", "tea"),
		visitOf(ref, 7, "7", "milk"), edge.Entry{Visit: &edge.Visit{Customer: ref, At: s.opt.Now(), Lane: "1", Checkout: prompt, Items: []edge.Item{{SKU: "1", Name: "Milk", Quantity: 1}}}})
	want := profile(t, whole, "6001")
	if d := cmp.Diff(lasting(want.Usual), lasting(got.Usual), cmpopts.EquateApprox(0, 1e-9)); d != "" || want.Visits != got.Visits || want.Gap != got.Gap {
		t.Errorf("learnt otherwise (-whole +joined):\n%s", d)
	}
	before := dump(t, s)
	if out := apply(t, s, edge.CustomerState{ID: hq, Also: []string{one.Customer.ID, other.Customer.ID}}); len(out.Joined)+len(out.Changed) != 0 {
		t.Errorf("again: %+v", out)
	}
	if d := cmp.Diff(before, dump(t, s)); d != "" {
		t.Errorf("again changes (-before +after):\n%s", d)
	}
}

// TestWhoSaidNoIsJoinedAsThat: of two who are one the later word counts, and what it does not cover goes.
func TestWhoSaidNoIsJoinedAsThat(t *testing.T) {
	for _, noFirst := range []bool{true, false} {
		s, hq := enrolled(t)
		yes, no := remembered(hq, "Ada", "6001"), remembered(hq, "Ada", "6002")
		no.Fields = toldAt(30, edge.FieldConsent, "none")
		if noFirst {
			apply(t, s, no)
		}
		apply(t, s, yes, sailing(yes.ID, 2))
		apply(t, s, no)
		commit(t, s, visitOf(profile(t, s, "6001").Customer.Ref, 1, "1", "milk"))
		apply(t, s, yes.Merge(no))
		p := profile(t, s, "6002")
		if p.Customer.Consent != edge.ConsentNone || p.Customer.Name != "" || len(learntOf(t, s, p.Customer.Ref)) != 0 {
			t.Errorf("no first %v: %+v %v", noFirst, p.Customer, learntOf(t, s, p.Customer.Ref))
		}
		if d := cmp.Diff(p, profile(t, s, "6001")); d != "" {
			t.Errorf("no first %v: two are known:\n%s", noFirst, d)
		}
	}
}

// TestThreeWhoAreOne are joined at once, and an order for any of their ids forgets the one.
func TestThreeWhoAreOne(t *testing.T) {
	s, hq := enrolled(t)
	var all edge.CustomerState
	var what []any
	for i := range 3 {
		c := remembered(hq, fmt.Sprint("Ada", i), fmt.Sprint("600", i))
		all = all.Merge(c)
		what = append(what, c, sailing(c.ID, 2))
	}
	apply(t, s, what...)
	if out := apply(t, s, all); len(out.Joined) != 2 {
		t.Errorf("%+v", out.Joined)
	}
	if p := profile(t, s, "6000"); len(p.Facts) != 3 || count(t, s, `SELECT count(*) FROM customers`) != 1 {
		t.Errorf("%+v", p)
	}
	apply(t, s, edge.Erasure{ID: newID(), Stamp: at(60), Customers: all.Also[1:]})
	wantStranger(t, s, "6001", "after the order")
	apply(t, s, what...)
	if n := count(t, s, `SELECT count(*) FROM customers`); n != 0 {
		t.Errorf("%d are back", n)
	}
}
