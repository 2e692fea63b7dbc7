// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"testing"

	"redbench/edge"
)

func cursorOf(t *testing.T, s *Store) string {
	t.Helper()
	cursor, _, err := s.Cursor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return cursor
}

// TestABoxThatIsAnotherAsksAnew: of what it told before it was restored it hears only when it begins anew, and a page that
// was asked for before does not move the cursor past that.
func TestABoxThatIsAnotherAsksAnew(t *testing.T) {
	begin := map[string]func(s *Store) error{
		"a new box id": func(s *Store) error { _, err := s.NewBox(t.Context()); return err },
		"another head office, or one that was restored": func(s *Store) error { return s.StartOver(t.Context()) },
	}
	for name, anew := range begin {
		s, _ := enrolled(t)
		apply(t, s)
		asked := cursorOf(t, s)
		if asked == "" {
			t.Fatal("the cursor did not move")
		}
		if err := anew(s); err != nil {
			t.Fatal(err)
		}
		if got := cursorOf(t, s); got != "" {
			t.Errorf("%s: the cursor stands at %q", name, got)
		}
		late := edge.Page{Cursor: "late", From: &asked}
		if _, err := s.Apply(t.Context(), late); err != nil || cursorOf(t, s) != "" {
			t.Errorf("%s: a page from before moves the cursor to %q, %v", name, cursorOf(t, s), err)
		}
		from := ""
		if _, err := s.Apply(t.Context(), edge.Page{Cursor: "first", From: &from}); err != nil || cursorOf(t, s) != "first" {
			t.Errorf("%s: the first page moves the cursor to %q, %v", name, cursorOf(t, s), err)
		}
	}
}

func TestStartingOverOffersEverything(t *testing.T) {
	s, _ := enrolled(t)
	importCustomers(t, s, "customer,name\nc1,Ada\n")
	drain(t, s)
	if err := s.StartOver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b, err := s.Backlog(t.Context()); err != nil || !b.Offering {
		t.Fatalf("%+v, %v", b, err)
	}
	if err := s.Offer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if all := drain(t, s); len(all) != 1 || all[0].Customer == nil {
		t.Errorf("offered: %+v", all)
	}
}

// TestWhoSaidYesAfterAnOrderIsOffered: an order that comes after it, with all that head office knew of her, leaves nothing
// that would have her forgotten later.
func TestWhoSaidYesAfterAnOrderIsOffered(t *testing.T) {
	s, hq := enrolled(t)
	importCustomers(t, s, "customer,identifier,name,consent\nc1,6001,Ada,remember\n")
	chain := edge.Identifier{Kind: edge.KindCustomer, Value: "c1"}
	apply(t, s, orderOf(hq, -60, cardOf("6001"), chain))
	drain(t, s)
	if err := s.Offer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if all := drain(t, s); len(all) != 1 || all[0].Customer == nil {
		t.Errorf("offered: %+v", all)
	}
	if err := s.Upkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Profile(t.Context(), chain); errors.Is(err, edge.ErrNotFound) {
		t.Error("upkeep has forgotten her")
	}
}
