// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"redbench/edge"
)

// ada has the chain's id and three identifiers more.
const ada = "customer,identifier,kind,name\nc1,6001,card,Ada\nc1,ada@example.org,email,\nc1,+49 30 1234,phone,\n"

func forget(t *testing.T, s *Store, kind edge.IdentifierKind, value string) {
	t.Helper()
	if _, err := s.Forget(t.Context(), edge.Identifier{Kind: kind, Value: value}); err != nil {
		t.Fatal(err)
	}
}

// refused imports rows one by one and tells which were refused as the forgotten's.
func refused(t *testing.T, s *Store, rows ...string) (out []bool) {
	t.Helper()
	for _, row := range rows {
		r := importCustomers(t, s, "customer,identifier,kind,name,consent\n"+row+"\n")
		out = append(out, r.Bad == 1 && strings.Contains(r.Problems[0].Reason, "forgotten"))
	}
	return out
}

// reopenWithNewKey opens a store anew, with another identifier key before the one it has.
func reopenWithNewKey(t *testing.T, s *Store) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	addIdentifierKey(t, s.opt.Dir)
	return openStore(t, s.opt.Dir)
}

// TestNoIdentifierBringsTheForgottenBack forgets by one identifier, and tries each other one, with the identifier key
// changed before, after, or not at all.
func TestNoIdentifierBringsTheForgottenBack(t *testing.T) {
	rows := []string{",6001,card,Ada,", ",ADA@example.org,email,Ada,", ",0049 301234,phone,Ada,none", "c1,,,Ada,"}
	for _, by := range []edge.Identifier{{Kind: edge.KindCard, Value: "6001"}, {Kind: edge.KindEmail, Value: "ada@example.org"}, {Kind: edge.KindCustomer, Value: "c1"}} {
		for _, change := range []string{"never", "before", "before, and seen since", "after"} {
			s := openStore(t, t.TempDir())
			importCustomers(t, s, ada)
			if strings.HasPrefix(change, "before") {
				s = reopenWithNewKey(t, s)
			}
			if strings.HasSuffix(change, "seen since") {
				profile(t, s, "6001")
				commit(t, s, edge.Entry{Word: "any"}) // moves the card to the new key
			}
			forget(t, s, by.Kind, by.Value)
			if change == "after" {
				s = reopenWithNewKey(t, s)
			}
			for i, no := range refused(t, s, rows...) {
				if !no {
					t.Errorf("forgotten by %s, key changed %s: %q brings her back", by.Kind, change, rows[i])
				}
			}
			// A new consent does, by any of them, and then the others are hers again.
			if got := refused(t, s, ",ada@example.org,email,Ada,recognise", ",ada@example.org,email,Ada,"); got[0] || got[1] {
				t.Errorf("forgotten by %s, key changed %s: new consent is refused: %v", by.Kind, change, got)
			}
		}
	}
}

// TestASharedCardIsNotForgottenWithOne: who is left keeps it, whatever key each had it under.
func TestASharedCardIsNotForgottenWithOne(t *testing.T) {
	for _, changed := range []bool{false, true} {
		s := openStore(t, t.TempDir())
		importCustomers(t, s, ada)
		if changed {
			s = reopenWithNewKey(t, s)
		}
		importCustomers(t, s, "customer,identifier,name\nc2,6001,Bo\n")
		if _, err := s.Profile(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "6001"}); !errors.Is(err, edge.ErrAmbiguous) {
			t.Errorf("key changed %v: a shared card names somebody: %v", changed, err)
		}
		if _, err := s.Forget(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "6001"}); !errors.Is(err, edge.ErrAmbiguous) {
			t.Errorf("key changed %v: forgotten by a shared card: %v", changed, err)
		}
		forget(t, s, edge.KindCustomer, "c1")
		var n int
		if err := s.read.QueryRow(`SELECT count(*) FROM tombstones`).Scan(&n); err != nil || !changed && n != 4 {
			t.Errorf("%d tombstones of her id, given and as it rests, her e-mail and her phone; %v", n, err)
		}
		if p := profile(t, s, "6001"); p.Customer.Name != "Bo" {
			t.Errorf("key changed %v: the card is %+v", changed, p.Customer)
		}
		// Somebody new may come to share it.
		if got := refused(t, s, "c3,6001,card,Cy,"); got[0] {
			t.Errorf("key changed %v: a third with the card is refused", changed)
		}
		forget(t, s, edge.KindCustomer, "c3")
		got := refused(t, s, "c2,6001,card,Bo,", ",6001,card,Bo,", "c1,6001,card,Ada,", ",ada@example.org,email,Ada,")
		if !slices.Equal(got, []bool{false, false, true, true}) {
			t.Errorf("key changed %v: refused %v", changed, got)
		}
		// When the other is forgotten too, the card is nobody's.
		forget(t, s, edge.KindCard, "6001")
		if got := refused(t, s, ",6001,card,Bo,", "c2,,,Bo,"); !got[0] || !got[1] {
			t.Errorf("key changed %v: after both: refused %v", changed, got)
		}
	}
}

// TestAForgottenCardIsAnothersWhenSheSaysSo: a row that names somebody who is known is about her, but the card that it brings
// was a forgotten customer's, and head office refuses whoever comes with it without a word of hers.
func TestAForgottenCardIsAnothersWhenSheSaysSo(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, ada)
	importCustomers(t, s, "customer,name,consent\nc2,Bo,remember\n")
	said := stateOf(t, s, refOf(t, s, "c2")).Fields[edge.FieldConsent]
	forget(t, s, edge.KindCustomer, "c1")
	if got := refused(t, s, "c3,6001,card,Cy,", "c2,6001,card,Bob,", ",6001,card,,"); !slices.Equal(got, []bool{true, false, true}) {
		t.Errorf("refused %v", got)
	}
	if _, err := known(t, s, "6001"); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("the forgotten's card names somebody: %v", err)
	}
	c := stateOf(t, s, refOf(t, s, "c2"))
	if c.Fields[edge.FieldName].Value != "Bob" || c.Fields[edge.FieldConsent] != said {
		t.Errorf("the rest of the row is not hers: %+v", c.Fields)
	}
	if got := refused(t, s, "c2,6001,card,,remember", ",6001,card,,"); got[0] || got[1] {
		t.Errorf("refused %v", got)
	}
	if name, err := known(t, s, "6001"); err != nil || name != "Bob" {
		t.Errorf("the card names %q, %v", name, err)
	}
	if again := stateOf(t, s, refOf(t, s, "c2")).Fields[edge.FieldConsent]; !again.At.After(said.At) {
		t.Errorf("her consent is from before the order: %+v", again)
	}
}

func refOf(t *testing.T, s *Store, chain string) edge.CustomerRef {
	t.Helper()
	p, err := s.Profile(t.Context(), edge.Identifier{Kind: edge.KindCustomer, Value: chain})
	if err != nil {
		t.Fatal(err)
	}
	return p.Customer.Ref
}
