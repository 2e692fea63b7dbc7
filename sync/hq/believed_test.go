// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"fmt"
	"testing"
	"time"

	"redbench/edge"
)

func member(n int) edge.Identifier {
	return edge.Identifier{Kind: edge.KindCustomer, Value: fmt.Sprint("C", n)}
}

func TestTwoIdsOfTheChainsAreTwoPeople(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	var all []edge.Identifier
	for n := range 10 {
		all = append(all, member(n))
		b[0].tell(told(b[0].chained("Maya", fmt.Sprint("C", n), card(n)))...)
	}
	evil := b[1].customer("Everybody", all...)
	b[1].tell(told(evil)...)
	if got := len(o.people()); got != 11 {
		t.Fatalf("one state with all of the chain's ids: %d customers, want 11", got)
	}
	for _, c := range o.people() {
		if c.ID == evil.ID && len(c.Identifiers) > 0 {
			t.Errorf("its ids of the chain's are kept: %+v", c.Identifiers)
		}
	}
	// Nor one after the other, by its own id or under a card that each of them lacks.
	for n := range 10 {
		one := b[1].customer("Everybody", member(n), card(100))
		one.ID = evil.ID
		b[1].tell(told(one)...)
	}
	if got := len(o.people()); got != 10 { // she is the first of them
		t.Errorf("told one after the other: %d customers, want 10", got)
	}
}

func TestABoxJoinsNobodyWhomItDoesNotKnow(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	one, two := b[0].customer("Maya", card(1)), b[0].customer("Ben", card(2))
	b[0].tell(told(one, two)...)
	evil := b[1].customer("Eve", card(3))
	evil.Also = []string{one.ID, two.ID}
	b[1].tell(told(evil)...)
	if got := len(o.people()); got != 3 {
		t.Errorf("%d customers, want 3", got)
	}
	b[0].tell(told(b[0].fact(one.ID, "she rides"))...) // and her id still leads to her
	if f := o.only("fact"); len(f) != 1 || f[0].Fact.Customer != one.ID {
		t.Errorf("facts %+v", f)
	}
}

func TestARecordJoinsAFew(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	var ids []edge.Identifier
	var also []string
	for n := range 20 {
		c := b[0].customer("Maya", card(n))
		b[0].tell(told(c)...)
		ids, also = append(ids, card(n)), append(also, c.ID)
	}
	b[1].tell(told(b[1].customer("Everybody", ids...))...)
	if got := len(o.people()); got != 15 {
		t.Errorf("by cards: %d customers, want 15", got)
	}
	known := b[0].customer("Everybody", card(200))
	known.Also = also
	before := len(o.people())
	b[0].tell(told(known)...)
	if got := len(o.people()); before-got > 5 {
		t.Errorf("by ids: from %d to %d customers", before, got)
	}
}

func TestAStampFromFarAheadIsLeftOut(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	far := edge.Stamp{Wall: noon.AddDate(30, 0, 0).UnixMicro(), Origin: "harbour"}
	soon := edge.Stamp{Wall: noon.AddDate(0, 11, 0).UnixMicro(), Origin: "harbour"}
	maya := b.customer("Maya", card(1))
	maya.Fields.Tell(edge.FieldName, "For ever", far, edge.RankCorrected)
	maya.Fields.Tell(edge.FieldSay, "My-a", soon, edge.RankTold)
	maya.Unlearnt = far
	fact := b.fact(maya.ID, "x")
	fact.Fields.Tell(edge.FieldText, "for ever", far, edge.RankCorrected)
	b.tell(told(maya, fact, b.fact(maya.ID, "she rides"))...)
	c := o.onlyPerson()
	if _, is := c.Fields[edge.FieldName]; is || c.Fields[edge.FieldSay].Value != "My-a" || !c.Unlearnt.IsZero() {
		t.Errorf("%+v", c)
	}
	if f := o.only("fact"); len(f) != 1 || f[0].Fact.Fields[edge.FieldText].Value != "she rides" {
		t.Errorf("facts %+v", f)
	}
	// An order to forget counts all the same.
	order := edge.Erasure{ID: newID(), At: noon, Stamp: far, Customers: []string{maya.ID}}
	must(t, o.Orders(t.Context(), "harbour", []edge.Order{{Erasure: &order}}))
	page := b.changes()
	if len(o.people()) != 0 || page[0].Erasure == nil || page[0].Erasure.Stamp.Wall > noon.AddDate(1, 0, 0).UnixMicro() {
		t.Errorf("%d customers; %+v", len(o.people()), page[0])
	}
	// What follows upon a stamp of head office's is believed, also where its clock went back by years since.
	o.clock.forward(-5 * 365 * 24 * time.Hour)
	last := page[0].Erasure.Stamp
	last.Count++
	last.Origin = "harbour"
	ada := b.customer("Ada", card(2))
	ada.Fields.Tell(edge.FieldName, "Ida", last, edge.RankCorrected)
	b.tell(told(ada)...)
	if c := o.onlyPerson(); c.Fields[edge.FieldName].Value != "Ida" {
		t.Errorf("%+v", c)
	}
}
