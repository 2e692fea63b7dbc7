// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"slices"
	"testing"
	"time"

	"redbench/edge"
)

func copied(o edge.Erasure) edge.Erasure {
	o.Tombstones, o.Customers = slices.Clone(o.Tombstones), slices.Clone(o.Customers)
	return o
}

// TestAnOrderGivenAgainSparesWhomItSpared: three share a phone. Two are forgotten; the answer to the second order is lost, and
// it is given again, when the third has the phone for herself.
func TestAnOrderGivenAgainSparesWhomItSpared(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	phone := edge.Identifier{Kind: edge.KindPhone, Value: "+4915550001"}
	first, second := b[1].chained("Ada", "c1", phone), b[1].chained("Bea", "c2", phone)
	b[1].tell(told(first, second)...)
	b[0].tell(told(b[0].customer("Third", phone))...)
	o.clock.forward(time.Second)
	for _, who := range []edge.CustomerState{first, second} {
		order := b[1].orderBy([]string{who.ID}, phone)
		order.Chained = true
		for n := range 3 {
			b[1].gives(copied(order))
			if want := map[string]int{first.ID: 2, second.ID: 1}[who.ID]; len(o.only("customer")) != want {
				t.Fatalf("given %d times: %d are known, want %d", n+1, len(o.only("customer")), want)
			}
		}
	}
}

// TestAnOrderGivenAgainCountsOnce against what a store may order in a day.
func TestAnOrderGivenAgainCountsOnce(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	phone := edge.Identifier{Kind: edge.KindPhone, Value: "+4915550001"}
	maya := b[0].chained("Maya", "c1", phone, card(1))
	b[0].tell(told(maya)...)
	b[1].tell(told(b[1].chained("Noor", "c2", phone))...)
	o.clock.forward(time.Second)
	order := b[0].orderBy([]string{maya.ID}, phone, card(1))
	for n := range 250 {
		again := copied(order)
		if err := o.Orders(t.Context(), "harbour", []edge.Order{{Erasure: &again}}); err != nil {
			t.Fatalf("given %d times: %v", n+1, err)
		}
	}
}

// TestWhatWasLearntBeforeAnOrderGoes though she has said since that she wants to be known: a store that had not yet told of her
// does so, and only then another gives the order, which finds her by her card alone.
func TestWhatWasLearntBeforeAnOrderGoes(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station", "hill")
	maya := b[0].customer("Maya", card(1))
	old := b[0].fact(maya.ID, "she sails")
	order := b[1].byTombstone(1)
	o.clock.forward(time.Second)
	again := b[2].customer("Maya", card(1))
	since := b[2].fact(again.ID, "she rides")
	b[2].tell(told(again, since)...)
	b[0].tell(told(maya, old)...)
	if n := len(o.only("fact")); n != 2 {
		t.Fatalf("the control: %d facts", n)
	}
	must(t, o.Orders(t.Context(), "station", []edge.Order{order}))
	for _, item := range o.only("fact") {
		if item.Fact.Gone != (item.Fact.ID == old.ID) {
			t.Errorf("a fact of before the order: %v; gone: %v", item.Fact.ID == old.ID, item.Fact.Gone)
		}
	}
	if people := o.only("customer"); len(people) != 1 {
		t.Errorf("%d are known", len(people))
	}
}
