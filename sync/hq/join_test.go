// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"slices"
	"testing"

	"redbench/edge"
)

// people are the customers that head office knows, by canonical id.
func (o *office) people() map[string]edge.CustomerState {
	o.t.Helper()
	out := map[string]edge.CustomerState{}
	for _, i := range o.only("customer") {
		out[i.Customer.ID] = *i.Customer
	}
	return out
}

func (o *office) onlyPerson() edge.CustomerState {
	o.t.Helper()
	all := o.people()
	if len(all) != 1 {
		o.t.Fatalf("%d customers are known, want 1", len(all))
	}
	for _, c := range all {
		return c
	}
	panic("unreachable")
}

func TestASharedCardJoinsTwoStoresCustomers(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	here := b[0].customer("Maya", card(1))
	there := b[1].customer("M. Roth", card(1), card(2))
	b[0].tell(told(here, b[0].fact(here.ID, "she rides"), b[0].visit(here.ID, 1))...)
	b[1].tell(told(there, b[1].fact(there.ID, "she sails"), b[1].visit(there.ID, 2))...)
	c := o.onlyPerson()
	ids := []string{here.ID, there.ID}
	slices.Sort(ids)
	if c.ID != ids[0] || !slices.Equal(c.Also, ids[1:]) || len(c.Identifiers) != 2 {
		t.Errorf("joined: %+v", c)
	}
	if c.Fields[edge.FieldName].Value != "M. Roth" {
		t.Errorf("the later name loses: %+v", c.Fields)
	}
	facts := o.only("fact")
	if len(facts) != 2 || facts[0].Fact.Customer != c.ID || facts[1].Fact.Customer != c.ID {
		t.Errorf("facts %+v", facts)
	}
	for _, v := range o.only("visit") {
		if v.Visit.Customer != c.ID {
			t.Errorf("visit %+v", v.Visit)
		}
	}
	// Each store hears who she is, and what the other knows of her, and still tells her by its own id.
	for i, box := range b {
		changes := box.changes()
		if got := kinds(changes); got != []string{"customer fact customer fact", "customer fact fact"}[i] || changes[0].Customer.ID != c.ID {
			t.Errorf("store %d hears %s", i, got)
		}
	}
	b[1].tell(told(b[1].fact(there.ID, "a third"), b[0].fact(here.ID, "a fourth"))...)
	if got := len(o.only("fact")); got != 4 || len(o.people()) != 1 {
		t.Errorf("%d facts by old ids", got)
	}
}

func TestTheChainsIDJoinsWithoutASharedCard(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	b[0].tell(told(b[0].chained("Maya", "C1", card(1)))...)
	b[1].tell(told(b[1].chained("Maya", "C1", card(2)))...)
	if c := o.onlyPerson(); len(c.Identifiers) != 3 { // both cards, and the chain's id
		t.Errorf("%+v", c)
	}
}

func TestAHouseholdStaysApart(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	b[0].tell(told(b[0].chained("Maya", "C1", card(1)))...)
	b[1].tell(told(b[1].chained("Ben", "C2", card(1)))...)
	if got := len(o.people()); got != 2 {
		t.Fatalf("%d customers", got)
	}
	// Who has the household's card and no id of the chain's is neither of them.
	b[1].tell(told(b[1].customer("Ada", card(1)))...)
	if got := len(o.people()); got != 3 {
		t.Errorf("%d customers", got)
	}
	if _, err := o.Lookup(t.Context(), "harbour", o.hashes(card(1))); err == nil {
		t.Error("a household's card names somebody")
	}
}

func TestOneStateJoinsThree(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station", "airport")
	one, two, three := b[0].customer("Maya", card(1)), b[1].customer("Maya", card(2)), b[2].customer("Maya", card(1), card(2))
	b[0].tell(told(one, b[0].fact(one.ID, "one"))...)
	b[1].tell(told(two, b[1].fact(two.ID, "two"))...)
	if len(o.people()) != 2 {
		t.Fatal("joined too early")
	}
	for _, box := range b {
		box.changes()
	}
	b[2].tell(told(three, b[2].visit(two.ID, 1), b[2].fact(one.ID, "three"))...)
	for i, box := range b {
		texts := map[string]bool{}
		for _, c := range box.changes() {
			if c.Fact != nil {
				texts[c.Fact.Fields[edge.FieldText].Value] = true
			}
		}
		if len(texts) != 2 || texts[[]string{"one", "two", "three"}[i]] {
			t.Errorf("%s hears of the facts %v", box.store, texts)
		}
	}
	c := o.onlyPerson()
	if len(c.Also) != 2 || len(o.only("fact")) != 3 || o.only("visit")[0].Visit.Customer != c.ID {
		t.Errorf("%+v", c)
	}
	// One with the chain's id joins one who has none, and then the next with another one is a household.
	b[0].tell(told(b[0].chained("Maya", "C1", card(1)))...)
	b[1].tell(told(b[1].chained("Ben", "C2", card(2)))...)
	if got := len(o.people()); got != 2 {
		t.Errorf("%d customers", got)
	}
}

func TestABoxThatKnewTwoAsOneJoinsThem(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	one, two := b[0].customer("Maya", card(1)), b[1].customer("Maya", card(2))
	b[0].tell(told(one)...)
	b[1].tell(told(two)...)
	b[0].tell(told(b[0].visit(two.ID, 1))...) // it knows her, too: it looked her up
	one.Also = []string{two.ID}
	b[0].tell(told(one)...)
	if c := o.onlyPerson(); len(c.Also) != 1 {
		t.Errorf("%+v", c)
	}
}

func TestAJoinOfTwoWhoWereToldInTheSameBatch(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	one, two := b.customer("Maya", card(1)), b.customer("Maya", card(2))
	both := b.customer("Maya", card(1), card(2))
	b.tell(told(one, two, b.visit(one.ID, 1), b.visit(two.ID, 2), b.fact(two.ID, "x"), both, b.visit(two.ID, 3))...)
	c := o.onlyPerson()
	for _, v := range o.only("visit") {
		if v.Visit.Customer != c.ID {
			t.Errorf("visit %+v", v.Visit)
		}
	}
	if f := o.only("fact"); len(f) != 1 || f[0].Fact.Customer != c.ID {
		t.Errorf("facts %+v", f)
	}
}

func TestFactsMergeFieldByField(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[0].customer("Maya", card(1))
	fact := b[0].fact(maya.ID, "her daughter Ada")
	b[0].tell(told(maya, fact)...)
	b[1].tell(told(b[1].customer("Maya", card(1)))...)
	b[0].changes()
	b[1].changes()

	mended, closed := fact, fact
	mended.Fields, closed.Fields = fact.Fields.Merge(nil), fact.Fields.Merge(nil)
	mended.Fields.Tell(edge.FieldText, "her daughter Ida", b[0].stamp(), edge.RankCorrected)
	closed.Fields.Tell(edge.FieldClosed, "2026-11-22T12:00:00Z", b[1].stamp(), edge.RankCorrected)
	b[1].tell(told(closed)...)
	b[0].tell(told(mended)...)
	got := o.only("fact")
	if len(got) != 1 || got[0].Fact.Fields[edge.FieldText].Value != "her daughter Ida" || got[0].Fact.Fields[edge.FieldClosed].Value == "" {
		t.Fatalf("facts %+v", got[0].Fact)
	}
	if c := b[0].changes(); kinds(c) != "fact" || c[0].Fact.Fields[edge.FieldClosed].Value == "" {
		t.Errorf("the store that told it last hears %s", kinds(c))
	}
	if c := b[1].changes(); kinds(c) != "fact" || c[0].Fact.Fields[edge.FieldText].Value != "her daughter Ida" {
		t.Errorf("the other store hears %s", kinds(c))
	}
	gone := edge.FactState{ID: fact.ID, Customer: maya.ID, Kind: fact.Kind, Gone: true}
	b[0].tell(told(gone)...)
	b[1].tell(told(closed)...)
	if got := o.only("fact"); !got[0].Fact.Gone || got[0].Fact.Fields != nil {
		t.Errorf("a late copy brings it back: %+v", got[0].Fact)
	}
}
