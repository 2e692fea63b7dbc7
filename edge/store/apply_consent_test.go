// SPDX-License-Identifier: Apache-2.0

package store

import (
	"maps"
	"testing"
	"time"

	"redbench/edge"
)

// waiting counts the records that wait to be told of a kind.
func waiting(t testing.TB, s *Store, kind edge.RecordKind) int {
	t.Helper()
	return count(t, s, `SELECT count(*) FROM outbox WHERE kind = ?`, string(kind))
}

// TestConsentLoweredElsewhereTakesBack what it does not cover, from the files too. What was dropped here is told as
// taken back, since head office may not know of it yet.
func TestConsentLoweredElsewhereTakesBack(t *testing.T) {
	for consent, left := range map[string]map[string]int{"none": {}, "recognise": {}} {
		dir := t.TempDir()
		s := enrol(t, openStore(t, dir), office(t))
		p := maya(t, s)
		live(t, s, p)
		all := traces(t, s, cardOf("6001"))
		delete(all, "id")
		delete(all, "hash")
		if err := s.checkpoint(t.Context(), "TRUNCATE"); err != nil {
			t.Fatal(err)
		}
		if got := found(t, dir, all); len(got) != 5 {
			t.Fatalf("the control finds %v", got)
		}
		before := stateOf(t, s, p.Customer.Ref)
		if _, err := s.write.Exec(`DELETE FROM outbox`); err != nil {
			t.Fatal(err)
		}
		out := apply(t, s, edge.CustomerState{ID: p.Customer.ID, Fields: toldAt(60, edge.FieldConsent, consent)})
		if len(out.Changed) != 1 {
			t.Errorf("%s: changed %v", consent, out.Changed)
		}
		if got := found(t, dir, all); got != nil {
			t.Errorf("%s: left in %v", consent, got)
		}
		if got := learntOf(t, s, p.Customer.Ref); !maps.Equal(got, left) {
			t.Errorf("%s: left %v", consent, got)
		}
		now := stateOf(t, s, p.Customer.Ref)
		if !now.Unlearnt.After(before.Unlearnt) || !now.Unlearnt.After(at(60)) {
			t.Errorf("%s: unlearnt until %v", consent, now.Unlearnt)
		}
		if named := now.Fields[edge.FieldName].Value != ""; named != (consent == "recognise") {
			t.Errorf("%s: name %+v", consent, now.Fields[edge.FieldName])
		}
		if consent == "none" && now.Fields[edge.FieldName].Epoch != 1 {
			t.Errorf("%s: the name was not taken back: %+v", consent, now.Fields[edge.FieldName])
		}
		if n := waiting(t, s, edge.RecordCustomer); n != 1 {
			t.Errorf("%s: %d records tell of it", consent, n)
		}
		// The same again finds nothing more to drop, and tells nothing.
		dumped := dump(t, s)
		apply(t, s, edge.CustomerState{ID: p.Customer.ID, Fields: toldAt(60, edge.FieldConsent, consent)})
		if after := dump(t, s); !maps.EqualFunc(dumped, after, func(a, b []string) bool { return len(a) == len(b) }) || dumped["customers"][0] != after["customers"][0] {
			t.Errorf("%s: the same again changes something", consent)
		}
	}
}

// TestConsentLoweredWithNothingToDropMakesNoNews: another store's word is enough.
func TestConsentLoweredWithNothingToDropMakesNoNews(t *testing.T) {
	s, hq := enrolled(t)
	ada := remembered(hq, "", "6001")
	delete(ada.Fields, edge.FieldName)
	apply(t, s, ada)
	apply(t, s, edge.CustomerState{ID: ada.ID, Fields: toldAt(60, edge.FieldConsent, "none")})
	ref := profile(t, s, "6001").Customer.Ref
	if c := stateOf(t, s, ref); c.Consent() != edge.ConsentNone || !c.Unlearnt.IsZero() {
		t.Errorf("%+v", c)
	}
	if n := waiting(t, s, edge.RecordCustomer); n != 0 {
		t.Errorf("%d records tell of it", n)
	}
	// One who is new here and said no is known as that, and by no name.
	bo := remembered(hq, "Bo", "6002")
	bo.Fields.Tell(edge.FieldConsent, "none", at(1), edge.RankTold)
	apply(t, s, bo)
	if p := profile(t, s, "6002"); p.Customer.Name != "" || p.Customer.Consent != edge.ConsentNone {
		t.Errorf("%+v", p.Customer)
	}
}

// TestWhatWasToldSinceStays: she took back and gave again, elsewhere, before this box heard of either.
func TestWhatWasToldSinceStays(t *testing.T) {
	c := newClock()
	s := enrol(t, openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now }), office(t))
	p := maya(t, s)
	live(t, s, p) // until now
	c.add(time.Hour)
	note := newID()
	commit(t, s, edge.Entry{Fact: &edge.Fact{ID: note, Customer: p.Customer.Ref, Kind: edge.FactPraise, Text: "kind", At: c.Now()},
		Visit: &edge.Visit{Customer: p.Customer.Ref, At: c.Now(), Store: "harbour", Lane: "1", Checkout: "9", Items: []edge.Item{{SKU: "2", Name: "Rye", Quantity: 1}}}})
	if _, err := s.write.Exec(`DELETE FROM outbox`); err != nil {
		t.Fatal(err)
	}
	apply(t, s, edge.CustomerState{ID: p.Customer.ID, Fields: toldAt(1800, edge.FieldConsent, "remember"), Unlearnt: at(1800)})
	got := profile(t, s, "6001")
	if got.Visits != 1 || len(got.Usual) != 1 || got.Usual[0].SKU != "2" || len(got.Facts) != 1 || got.Facts[0].ID != note || got.Facts[0].Text != "kind" || len(got.Said) != 0 {
		t.Errorf("%+v", got)
	}
	if left := learntOf(t, s, p.Customer.Ref); !maps.Equal(left, map[string]int{"facts": 1, "habits": 1, "memory": 1, "visits": 1}) {
		t.Errorf("left: %v", left)
	}
	// What stays may not have been told yet, and what waited was taken back with the rest.
	if f, v := waiting(t, s, edge.RecordFact), waiting(t, s, edge.RecordVisit); f != 1 || v != 1 {
		t.Errorf("%d facts and %d visits are told", f, v)
	}
	if n := count(t, s, `SELECT count(*) FROM visits WHERE customer IS NULL`); n != 1 {
		t.Errorf("%d visits are a stranger's", n)
	}
}

// TestConsentThatNobodyToldIsNone, and loses to whatever is told of it, be it older or a guess.
func TestConsentThatNobodyToldIsNone(t *testing.T) {
	s, hq := enrolled(t)
	ada := remembered(hq, "", "6001")
	ada.Fields = toldAt(9, edge.FieldChain, "c1", edge.FieldSince, "2024-01-01T00:00:00Z")
	apply(t, s, ada)
	p := profile(t, s, "6001")
	if p.Customer.Consent != edge.ConsentNone {
		t.Errorf("%+v", p.Customer)
	}
	ada.Fields = edge.Fields{edge.FieldConsent: {Value: "remember", At: at(1)}}
	apply(t, s, ada)
	if p := profile(t, s, "6001"); p.Customer.Consent != edge.ConsentRemember {
		t.Errorf("told: %+v", p.Customer)
	}
}
