// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"slices"
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

// TestEverythingIsToldAgainWithTheFirstCursorOfAnotherBox: a box that was restored has given its cursor up, by which it would
// have noticed that head office was put back to an older copy before it asks again.
func TestEverythingIsToldAgainWithTheFirstCursorOfAnotherBox(t *testing.T) {
	for _, had := range []string{"", "before"} {
		s, _ := enrolled(t)
		importCustomers(t, s, "customer,name\nc1,Ada\n")
		if err := s.Offer(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		drain(t, s)
		if had != "" {
			turnPage(t, s, had)
		}
		if _, err := s.NewBox(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, want := range []bool{had != "", false} { // with the first cursor, and with a later one
			turnPage(t, s, fmt.Sprint("cursor ", i))
			b, err := s.Backlog(t.Context())
			if err != nil || b.Offering != want {
				t.Errorf("before: %q, page %d: offering %v, want %v; %v", had, i, b.Offering, want, err)
			}
			if err := s.Offer(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			drain(t, s)
		}
	}
}

// turnPage takes in an empty page that was asked for now.
func turnPage(t *testing.T, s *Store, cursor string) {
	t.Helper()
	from := cursorOf(t, s)
	if _, err := s.Apply(t.Context(), edge.Page{From: &from, Cursor: cursor}); err != nil {
		t.Fatal(err)
	}
}

// TestAnOrderIsGivenUntilItIsHeard: head office took it, and was put back to an older copy before this box had a cursor that would
// tell. Afterwards it is given again where everything is, and only where it may be lost for good until it is heard again.
func TestAnOrderIsGivenUntilItIsHeard(t *testing.T) {
	s, _ := enrolled(t)
	turnPage(t, s, "first")
	if err := s.Offer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	importCustomers(t, s, "customer,identifier,name\nc1,6001,Ada\n")
	forget(t, s, edge.KindCard, "6001")
	order := *orders(t, s)[0].Erasure
	give := func() {
		t.Helper()
		if err := s.Ordered(t.Context(), []string{edge.Order{Erasure: &order}.ID()}); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(when string, want int) {
		t.Helper()
		given := slices.DeleteFunc(orders(t, s), func(o edge.Order) bool { return o.Erasure == nil })
		if len(given) != want {
			t.Errorf("%s: %d orders are given, want %d", when, len(given), want)
		}
	}
	asked := func() {
		t.Helper()
		if err := s.Asked(t.Context(), newClock().now); err != nil {
			t.Fatal(err)
		}
	}
	give()
	wants("told", 0)
	for range 2 {
		asked()
		wants("told, and not heard by the next answer", 1)
		give()
	}
	apply(t, s, order)
	asked()
	wants("heard", 0)
	if err := s.Offer(t.Context(), nil); err != nil { // as one who enrols anew, and goes on from her cursor
		t.Fatal(err)
	}
	wants("everything is told again", 1)
	give()
	asked()
	wants("everything was told again", 0)
	if err := s.StartOver(t.Context()); err != nil {
		t.Fatal(err)
	}
	give()
	asked()
	wants("it is not heard from the beginning", 1)
	from := ""
	again := page("anew", order)
	again.From = &from
	if _, err := s.Apply(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	asked()
	wants("heard with the first cursor", 0)
}
