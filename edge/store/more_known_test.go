// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"testing"

	"redbench/edge"
)

// TestABoxThatKnowsMoreOfTheForgottenSaysSo: the order names one of her two cards. Head office knows her by the other, with
// an id that the order does not name.
func TestABoxThatKnowsMoreOfTheForgottenSaysSo(t *testing.T) {
	for _, named := range []bool{false, true} {
		s, hq := enrolled(t)
		importCustomers(t, s, "customer,identifier,name\nc1,6001,Ada\nc1,6002,Ada\n")
		drain(t, s)
		ada := profileOf(t, s, "c1").Customer
		order := orderOf(hq, 1<<30, cardOf("6001"))
		if named {
			order.Customers = []string{ada.ID}
		}
		apply(t, s, order)
		i := slices.IndexFunc(orders(t, s), func(o edge.Order) bool { return o.Erasure != nil && o.Erasure.ID != order.ID })
		if named {
			if i >= 0 {
				t.Error("an order that head office has enlarged itself is given again")
			}
			continue
		}
		if i < 0 {
			t.Fatal("head office is not told")
		}
		own := orders(t, s)[i].Erasure
		grave := hq.TombstoneOf(hq.Hashes(cardOf("6002"))[0])
		if own.Stamp != order.Stamp || !slices.Equal(own.Customers, []string{ada.ID}) || !own.Chained ||
			!slices.ContainsFunc(own.Tombstones, func(t []byte) bool { return string(t) == string(grave[:]) }) {
			t.Errorf("it is told %+v", own)
		}
	}
}
