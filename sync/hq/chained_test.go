// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"testing"

	"redbench/edge"
)

// TestAnOrderStopsNobodyWithAnotherIDOfTheChain: where Maya was forgotten the phone of her household was hers alone, so that the
// order has its tombstone. Noor, whom head office hears of afterwards, has it too.
func TestAnOrderStopsNobodyWithAnotherIDOfTheChain(t *testing.T) {
	phone := edge.Identifier{Kind: edge.KindPhone, Value: "+4915550001"}
	for _, c := range []struct {
		forgotten, late string // ids of the chain
		known           bool
	}{
		{"c1", "c2", true},
		{"c1", "c1", false}, // it is she, under another id of a box
		{"c1", "", false},
		{"", "c2", false}, // nobody knows whether it is
	} {
		o := newOffice(t)
		b := o.enrolled("harbour", "station")
		noor := withChain(b[1], b[1].customer("Noor", phone), c.late)
		o.clock.forward(1e9)
		maya := withChain(b[0], b[0].customer("Maya", phone), c.forgotten)
		b[0].tell(told(maya)...)
		o.clock.forward(1e9)
		forgotten := edge.Identifier{Kind: edge.KindCustomer, Value: c.forgotten}
		if c.forgotten == "" {
			forgotten = phone
		}
		_, err := o.Forget(t.Context(), forgotten)
		must(t, err)
		b[1].tell(told(noor)...)
		if n := len(o.only("customer")); (n == 1) != c.known {
			t.Errorf("%q was forgotten; %d are known of %q with her phone", c.forgotten, n, c.late)
		}
	}
}

func withChain(b *box, s edge.CustomerState, chain string) edge.CustomerState {
	if chain != "" {
		s.Fields.Tell(edge.FieldChain, chain, b.stamp(), edge.RankGuess)
	}
	return s
}

// TestAnOrderThatComesToNameTheChainsID: it was given by a card, waits, and names the chain's own id once she is found.
func TestAnOrderThatComesToNameTheChainsID(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	phone := edge.Identifier{Kind: edge.KindPhone, Value: "+4915550001"}
	noor := b[1].chained("Noor", "c2", phone)
	b[0].tell(told(b[0].chained("Maya", "c1", card(1), phone))...)
	o.clock.forward(1e9)
	order := edge.Erasure{ID: newID(), At: noon, Stamp: b[0].stamp()}
	for _, h := range o.keys.HashesEverywhere(card(1)) {
		grave := o.keys.TombstoneOf(h)
		order.Tombstones = append(order.Tombstones, grave[:])
	}
	must(t, o.Orders(t.Context(), "station", []edge.Order{{Erasure: &order}}))
	b[1].tell(told(noor)...)
	if c := o.onlyPerson(); c.Fields[edge.FieldName].Value != "Noor" {
		t.Errorf("known is %+v", c)
	}
}
