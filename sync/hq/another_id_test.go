// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"slices"
	"testing"

	"redbench/edge"
)

// TestAnOlderOrderLeavesWhoSpokeSinceUnderAnotherID: the order was given before her new consent, and comes after it. The ids
// that it names never come back; she does.
func TestAnOlderOrderLeavesWhoSpokeSinceUnderAnotherID(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[0].customer("Maya", card(1))
	stamp := b[1].stamp()
	o.clock.forward(1e9)
	b[0].tell(told(withConsent(b[0], maya, edge.ConsentRemember), b[0].fact(maya.ID, "she rides"))...)
	b[0].changes()
	order := edge.Erasure{ID: newID(), At: noon, Stamp: stamp, Customers: []string{maya.ID}}
	must(t, o.Orders(t.Context(), "station", []edge.Order{{Erasure: &order}}))
	c := o.onlyPerson()
	if c.ID == maya.ID || slices.Contains(c.Also, maya.ID) || c.Fields[edge.FieldName].Value != "Maya" || c.Unlearnt != stamp {
		t.Errorf("she is %+v", c)
	}
	if n := len(o.only("fact")); n != 0 {
		t.Errorf("%d facts are left of what was learnt under the id that was erased", n)
	}
	changes := b[0].changes()
	if len(changes) < 2 || changes[0].Erasure == nil || !slices.ContainsFunc(changes, func(each edge.Change) bool {
		return each.Customer != nil && each.Customer.ID == c.ID
	}) {
		t.Errorf("the store is told %s", kinds(changes))
	}
}
