// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"slices"
	"testing"

	"redbench/edge"
)

// orderBy is an order of a store to forget whoever has some ids, or identifiers that it knows by their values.
func (b *box) orderBy(ids []string, of ...edge.Identifier) edge.Erasure {
	order := edge.Erasure{ID: newID(), At: b.o.clock.Now(), Stamp: b.stamp(), Customers: ids}
	for _, id := range of {
		for _, h := range b.o.keys.HashesEverywhere(id) {
			grave := b.o.keys.TombstoneOf(h)
			order.Tombstones = append(order.Tombstones, grave[:])
		}
	}
	return order
}

func (b *box) gives(order edge.Erasure) {
	b.o.t.Helper()
	must(b.o.t, b.o.Orders(b.o.t.Context(), b.store, []edge.Order{{Erasure: &order}}))
}

// TestAnOrderMeansAlsoWhomItsTombstonesName: a box told of her by a hash under a key of its own, and a file told of her by the same
// card, so that head office has her twice.
func TestAnOrderMeansAlsoWhomItsTombstonesName(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	o.importCustomers("identifier,kind,name,consent\n" + card(1).Value + ",card,Maya,remember\n")
	again := o.onlyPerson()
	maya := b[0].customer("Maya")
	maya.Identifiers = []edge.IdentifierHash{{Key: 77, Sum: slices.Repeat([]byte{7}, 32), Kind: edge.KindCard}}
	b[0].tell(told(maya, b[0].customer("Ben", card(2)))...)
	o.clock.forward(1e9)
	b[0].stamps.See(again.Fields[edge.FieldConsent].At)
	b[0].gives(b[0].orderBy([]string{maya.ID}, card(1)))
	if c := o.onlyPerson(); c.Fields[edge.FieldName].Value != "Ben" {
		t.Errorf("known is %+v", c)
	}
	named := []string{}
	for _, c := range b[1].changes() {
		if c.Erasure != nil {
			named = append(named, c.Erasure.Customers...)
		}
	}
	if !slices.Contains(named, maya.ID) || !slices.Contains(named, again.ID) {
		t.Errorf("another store is told to forget %v, and not %s and %s", named, maya.ID, again.ID)
	}
}

// TestAnOrderDoesNotMeanWhoHadSomethingWithHer: once she is gone, her household's phone is the other's alone.
func TestAnOrderDoesNotMeanWhoHadSomethingWithHer(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	phone := edge.Identifier{Kind: edge.KindPhone, Value: "+4915550001"}
	maya := b.chained("Maya", "c1", phone)
	b.tell(told(maya, b.chained("Noor", "c2", phone))...)
	o.clock.forward(1e9)
	b.gives(b.orderBy([]string{maya.ID}, phone))
	if c := o.onlyPerson(); c.Fields[edge.FieldName].Value != "Noor" {
		t.Errorf("known is %+v", c)
	}
}

// TestAnOrderThatSaysMoreIsCarriedOutForThat: a head office that was put back gets it from one box as it was given, and from
// another as it was passed on.
func TestAnOrderThatSaysMoreIsCarriedOutForThat(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	b[0].tell(told(b[0].customer("Maya", card(1)), b[0].customer("Ben", card(2)))...)
	b[0].changes()
	o.clock.forward(1e9)
	order := b[0].orderBy(nil, card(3))
	b[0].gives(order)
	b[1].changes()
	more := b[0].orderBy(nil, card(1), card(3))
	more.ID = order.ID
	b[1].gives(more)
	if c := o.onlyPerson(); c.Fields[edge.FieldName].Value != "Ben" {
		t.Errorf("known is %+v", c)
	}
	for _, each := range b {
		changes := each.changes()
		if len(changes) == 0 || changes[len(changes)-1].Erasure == nil || len(changes[len(changes)-1].Erasure.Tombstones) < len(more.Tombstones) {
			t.Errorf("%s is told %s", each.store, kinds(changes))
		}
	}
	pos := b[1].cursor
	b[1].gives(more)
	if len(b[1].changes()) > 0 {
		t.Errorf("told again, it is passed on again after %s", pos)
	}
}

// TestARowBringsAForgottenCardWithConsentAlone: of somebody who is known, too.
func TestARowBringsAForgottenCardWithConsentAlone(t *testing.T) {
	o := newOffice(t)
	o.importCustomers("customer,identifier,name,consent\nc1," + card(1).Value + ",Maya,\nc2,,Noor,remember\n")
	o.clock.forward(1e9)
	_, err := o.Forget(t.Context(), edge.Identifier{Kind: edge.KindCustomer, Value: "c1"})
	must(t, err)
	said := o.onlyPerson().Fields[edge.FieldConsent]
	has := func() bool {
		sum := o.hashes(card(1))[0].Sum
		return slices.ContainsFunc(o.onlyPerson().Identifiers, func(i edge.IdentifierHash) bool { return slices.Equal(i.Sum, sum) })
	}
	o.clock.forward(1e9)
	o.importCustomers("customer,identifier,name\nc2," + card(1).Value + ",Nora\n")
	if c := o.onlyPerson(); has() || c.Fields[edge.FieldName].Value != "Nora" || c.Fields[edge.FieldConsent] != said {
		t.Errorf("without consent: has the card %v, %+v", has(), c.Fields)
	}
	o.importCustomers("customer,identifier,consent\nc2," + card(1).Value + ",remember\n")
	if c := o.onlyPerson(); !has() || !c.Fields[edge.FieldConsent].At.After(said.At) {
		t.Errorf("with consent: has the card %v, %+v", has(), c.Fields)
	}
}
