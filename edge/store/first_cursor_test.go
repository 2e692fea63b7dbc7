// SPDX-License-Identifier: Apache-2.0

package store

import (
	"testing"

	"redbench/edge"
)

// TestOrdersAreGivenAgainWithTheFirstCursor: head office took an order of a box that had no cursor yet, and was then put back
// to an older copy, which the box cannot notice.
func TestOrdersAreGivenAgainWithTheFirstCursor(t *testing.T) {
	s, _ := enrolled(t)
	importCustomers(t, s, "customer,identifier,name\nc1,6001,Ada\n")
	if _, err := s.Forget(t.Context(), cardOf("6001")); err != nil {
		t.Fatal(err)
	}
	given := orders(t, s)
	for _, want := range []int{1, 0} { // with the first cursor, and with a later one
		if err := s.Ordered(t.Context(), []string{given[0].ID()}); err != nil {
			t.Fatal(err)
		}
		from, _, err := s.Cursor(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Apply(t.Context(), edge.Page{From: &from, Cursor: from + "1"}); err != nil {
			t.Fatal(err)
		}
		if n := len(orders(t, s)); n != want {
			t.Errorf("from cursor %q %d orders are given again, want %d", from, n, want)
		}
	}
}
