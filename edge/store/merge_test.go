// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
)

func merge(t testing.TB, s *Store, keep, other string) Merged {
	t.Helper()
	m, err := s.Merge(t.Context(), cardOf(keep), cardOf(other))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// refusedAs asserts that an error is a refusal with a code.
func refusedAs(t testing.TB, err error, code string) {
	t.Helper()
	var refusal *edge.Refusal
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Errorf("got %v, want the refusal %s", err, code)
	}
}

// tap is what the hot path commits for a card of somebody who is known, with its prompt.
func tap(t testing.TB, s *Store, lane, card string) (edge.CustomerRef, string) {
	t.Helper()
	p := profile(t, s, card)
	prompt := edge.Prompt{ID: newID(), Customer: p.Customer.Ref, Remember: &edge.Line{Text: "x", Rule: "rule of " + card}}
	commit(t, s, edge.Entry{Lane: &edge.LaneRecord{Lane: lane, State: []byte("{}")}, Prompt: &prompt,
		Card: &edge.Card{Customer: p.Customer.Ref, Identifier: cardOf(card), Lane: lane}})
	return p.Customer.Ref, prompt.ID
}

func buys(t testing.TB, s *Store, ref edge.CustomerRef, lane string, at time.Time, skus ...string) {
	t.Helper()
	v := edge.Visit{Customer: ref, At: at, Store: "harbour", Lane: lane, Checkout: lane + at.String()}
	for _, sku := range skus {
		v.Items = append(v.Items, edge.Item{SKU: sku, Name: "Article " + sku, Quantity: 1})
	}
	commit(t, s, edge.Entry{Visit: &v})
}

const two = "customer,identifier,name,say,since,fact.interest\nc1,6001,Maya,,2024-05-01,sailing\nc1,6011,,,,\n,6002,Maya L,MY-uh,2023-01-01,chess\n"

// TestMergeMakesTwoOne: everything of the one becomes the other's; who is kept keeps her name, and what she lacks comes.
func TestMergeMakesTwoOne(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	importCustomers(t, s, two)
	keep, other := profile(t, s, "6001"), profile(t, s, "6002")
	now := s.opt.Now()
	buys(t, s, keep.Customer.Ref, "1", now.Add(-5*time.Hour), "milk", "rye")
	buys(t, s, other.Customer.Ref, "1", now.Add(-4*time.Hour), "tea")
	buys(t, s, keep.Customer.Ref, "1", now.Add(-3*time.Hour), "milk")
	prompt := live(t, s, profile(t, s, "6002"))
	m := merge(t, s, "6001", "6002")
	if want := (Merged{From: other.Customer.Ref, Into: keep.Customer.Ref, ID: keep.Customer.ID, Other: other.Customer.ID,
		Consent: edge.ConsentRemember, Undo: true}); m != want {
		t.Errorf("%+v", m)
	}
	got := profile(t, s, "6001")
	want := keep.Customer
	want.Say, want.Since = "MY-uh", other.Customer.Since
	if d := cmp.Diff(want, got.Customer); d != "" || got.Visits != 4 || len(got.Facts) != 2 || len(got.Said) != 1 {
		t.Errorf("%+v\n%s", got, d)
	}
	for _, card := range []string{"6002", "6011"} {
		if d := cmp.Diff(got, profile(t, s, card)); d != "" {
			t.Errorf("%s names somebody else:\n%s", card, d)
		}
	}
	for _, table := range texts(t, s, `SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name = 'customer'`) {
		if n := count(t, s, `SELECT count(*) FROM `+table+` WHERE customer = ?`, int64(other.Customer.Ref)); n != 0 {
			t.Errorf("%d rows of %s are still the other's", n, table)
		}
	}
	// Learnt anew: as if all visits had been hers.
	whole := openStore(t, t.TempDir())
	importCustomers(t, whole, "identifier,name\n6001,Maya\n")
	ref := profile(t, whole, "6001").Customer.Ref
	buys(t, whole, ref, "1", now.Add(-5*time.Hour), "milk", "rye")
	buys(t, whole, ref, "1", now.Add(-4*time.Hour), "tea")
	buys(t, whole, ref, "1", now.Add(-3*time.Hour), "milk")
	commit(t, whole, edge.Entry{Visit: &edge.Visit{Customer: ref, At: now, Lane: "1", Checkout: prompt, Items: []edge.Item{{SKU: "1", Name: "Milk", Quantity: 1}}}})
	if d := cmp.Diff(lasting(profile(t, whole, "6001").Usual), lasting(got.Usual)); d != "" {
		t.Errorf("learnt otherwise (-whole +merged):\n%s", d)
	}
	if c, err := s.Counts(t.Context(), now); err != nil || c.Customers != 1 {
		t.Errorf("%d customers, %v", c.Customers, err)
	}
	lineage, err := s.LineageOf(t.Context(), keep.Customer.Ref)
	if d := cmp.Diff([]Lineage{{ID: other.Customer.ID, At: now, Identifiers: 1, Visits: 2, Facts: 1, Undo: true}}, lineage); err != nil || d != "" {
		t.Error(err, d)
	}
	// A word on a prompt of hers lands on who she is now, and so does what still holds her number.
	about, lines, err := s.PromptOf(t.Context(), prompt)
	if err != nil || about != keep.Customer.Ref || lines["remember"].Text != "bicycle" {
		t.Errorf("her prompt: %v %v %v", about, lines, err)
	}
	stale := other.Customer.Ref
	commit(t, s, edge.Entry{Word: "w1", Outcome: &edge.Outcome{Word: "w1", Prompt: prompt, Kind: "used", Line: "remember", At: now}},
		edge.Entry{Fact: &edge.Fact{ID: newID(), Customer: stale, Kind: edge.FactPraise, Text: "warm", At: now}})
	buys(t, s, stale, "2", now.Add(time.Hour), "jam")
	if p, err := s.ProfileOf(t.Context(), stale); err != nil || p.Customer.Ref != keep.Customer.Ref || p.Visits != 5 || len(p.Facts) != 3 {
		t.Errorf("by her former number: %+v %v", p, err)
	}
	if n := count(t, s, `SELECT count(*) FROM outcomes WHERE word = 'w1'`); n != 1 {
		t.Error("the word on her prompt is lost")
	}
}

// TestTheNextFileUndoesNoMerge: it still has a row of each of the two.
func TestTheNextFileUndoesNoMerge(t *testing.T) {
	time1 := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = time1.Now })
	file := strings.Replace(two, "\n,6002", "\nc2,6002", 1)
	importCustomers(t, s, file)
	merge(t, s, "6001", "6002")
	want := profile(t, s, "6001")
	time1.add(24 * time.Hour)
	if r := importCustomers(t, s, file); r.Unchanged != r.Rows || r.Rows != 3 {
		t.Errorf("%+v", r)
	}
	if d := cmp.Diff(want, profile(t, s, "6002")); d != "" {
		t.Errorf("the next file changes her:\n%s", d)
	}
	unmerge(t, s, "6001", "")
	if p := profile(t, s, "6002"); p.Customer.Name != "Maya L" || profile(t, s, "6001").Customer.Name != "Maya" {
		t.Errorf("%+v", p.Customer)
	}
}

// TestMergeHeedsTheLesserConsent: of what two allow the less counts, whenever it was said, and what it does not cover goes.
func TestMergeHeedsTheLesserConsent(t *testing.T) {
	levels := []edge.Consent{edge.ConsentNone, edge.ConsentRecognise, edge.ConsentRemember}
	for i, mine := range levels {
		for j, hers := range levels {
			s := openStore(t, t.TempDir())
			importCustomers(t, s, fmt.Sprintf("identifier,name,consent,fact.interest\n6001,Maya,%s,sailing\n6002,May,%s,chess\n", mine, hers))
			for _, card := range []string{"6001", "6002"} {
				buys(t, s, profile(t, s, card).Customer.Ref, card, s.opt.Now(), card)
			}
			importCustomers(t, s, fmt.Sprintf("identifier,consent\n6002,%s\n", hers)) // said last
			if mine != hers {
				before := dump(t, s)
				_, err := s.MergeUndoably(t.Context(), cardOf("6001"), cardOf("6002"))
				refusedAs(t, err, RefusedForGood)
				if diff := cmp.Diff(before, dump(t, s)); diff != "" {
					t.Errorf("%s and %s: a merge that was refused left %s", mine, hers, diff)
				}
			}
			m := merge(t, s, "6001", "6002")
			p := profile(t, s, "6002")
			less := levels[min(i, j)]
			if p.Customer.Consent != less || m.Consent != less || m.Undo != (mine == hers) || m.Unlearnt != (mine != hers) {
				t.Errorf("%s and %s: %s, %+v", mine, hers, p.Customer.Consent, m)
			}
			if learnt := learntOf(t, s, m.Into); less != edge.ConsentRemember && len(learnt) != 0 {
				t.Errorf("%s and %s: still learnt %v", mine, hers, learnt)
			}
			if (p.Customer.Name != "") != (less != edge.ConsentNone) {
				t.Errorf("%s and %s: she is called %q", mine, hers, p.Customer.Name)
			}
			if less == edge.ConsentRemember && (p.Visits != 2 || len(p.Facts) != 2) {
				t.Errorf("%s and %s: %+v", mine, hers, p)
			}
			if n := count(t, s, `SELECT count(*) FROM merges`); (n == 1) != (mine == hers) {
				t.Errorf("%s and %s: %d merges are told", mine, hers, n)
			}
		}
	}
}

// TestWhoCannotBeMerged: nobody is merged with herself, with a stranger, or by a card that names several.
func TestWhoCannotBeMerged(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, two+"c3,6003,Bo,,,\nc4,6003,Bea,,,\n")
	before := dump(t, s)
	_, err := s.Merge(t.Context(), cardOf("6001"), cardOf("6011"))
	refusedAs(t, err, refusedSame)
	for _, each := range []struct {
		keep, other string
		kept        bool
		want        error
	}{
		{"6001", "7777", false, edge.ErrNotFound}, {"7777", "6001", true, edge.ErrNotFound},
		{"6001", "6003", false, edge.ErrAmbiguous}, {"6003", "6001", true, edge.ErrAmbiguous},
	} {
		_, err := s.Merge(t.Context(), cardOf(each.keep), cardOf(each.other))
		var who *WhoError
		if !errors.Is(err, each.want) || !errors.As(err, &who) || who.Kept != each.kept {
			t.Errorf("%s and %s: %v", each.keep, each.other, err)
		}
	}
	s.Lock(true)
	if _, err := s.Merge(t.Context(), cardOf("6001"), cardOf("6002")); !errors.Is(err, edge.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	if _, err := s.Unmerge(t.Context(), cardOf("6001"), ""); !errors.Is(err, edge.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	s.Lock(false)
	if d := cmp.Diff(before, dump(t, s)); d != "" {
		t.Errorf("a refusal changes something:\n%s", d)
	}
	_, err = s.Unmerge(t.Context(), cardOf("6001"), "")
	refusedAs(t, err, refusedNone)
}

// TestTwoTerminalsMergeAtOnce: whoever comes second is told that they are one already, and nothing is done twice.
func TestTwoTerminalsMergeAtOnce(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, two)
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i, cards := range [][2]string{{"6001", "6002"}, {"6002", "6001"}} {
		both.Go(func() { _, errs[i] = s.Merge(t.Context(), cardOf(cards[0]), cardOf(cards[1])) })
	}
	both.Wait()
	done := slices.Index(errs, nil)
	if done < 0 {
		t.Fatal(errs)
	}
	refusedAs(t, errs[1-done], refusedSame)
	if n := count(t, s, `SELECT count(*) FROM merges`); n != 1 || count(t, s, `SELECT count(*) FROM customers`) != 1 {
		t.Errorf("%d merges", n)
	}
}

// TestAForgottenMergedCustomerIsInNoFile: of the two, of what was sealed of them and of the lineage nothing is left, and no
// old file brings either back.
func TestAForgottenMergedCustomerIsInNoFile(t *testing.T) {
	dir := t.TempDir() // the cards are long: four digits stand in a moment now and then
	s := openStore(t, dir)
	importCustomers(t, s, strings.NewReplacer("\n,6002", "\nc2,6002002003002", "6001", "6001002003001", "6002", "6002002003002").Replace(two)+"c9,6009,Else,,,golf\n")
	all := map[string][]byte{}
	for _, card := range []string{"6001002003001", "6002002003002"} {
		live(t, s, profile(t, s, card))
		for name, trace := range traces(t, s, cardOf(card)) {
			all[name+" of "+card] = trace
		}
	}
	m := merge(t, s, "6001002003001", "6002002003002")
	for name, trace := range traces(t, s, cardOf("6002002003002")) {
		all[name+" of both"] = trace
	}
	var sealed []byte
	if err := s.read.QueryRow(`SELECT sealed FROM merges`).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	all["the lineage"] = sealed
	if err := s.checkpoint(t.Context(), "TRUNCATE"); err != nil {
		t.Fatal(err)
	}
	control := found(t, dir, all)
	for _, each := range []string{"the lineage in store.db", "hash of 6002002003002 in store.db", "hash of 6001002003001 in store.db", "wrapped key of both in store.db"} {
		if !slices.Contains(control, each) {
			t.Errorf("the control does not find %s: %v", each, control)
		}
	}
	for _, gone := range control {
		if strings.HasPrefix(gone, "wrapped key of 6002002003002") || strings.HasPrefix(gone, "sealed columns of 6002002003002") {
			t.Errorf("after the merge there is still %s", gone)
		}
	}
	if _, err := s.Forget(t.Context(), cardOf("6002002003002")); err != nil {
		t.Fatal(err)
	}
	if where := found(t, dir, all); where != nil {
		t.Errorf("left: %v", where)
	}
	for _, table := range []string{"merges", "lineage", "carded", "aliases", "facts WHERE kind <> 'interest'"} {
		if n := count(t, s, `SELECT count(*) FROM `+table); n != 0 {
			t.Errorf("%d rows of %s are left", n, table)
		}
	}
	if r := importCustomers(t, s, "customer,identifier,name\nc1,6001002003001,Maya\nc2,6002002003002,Maya L\n,6011,\n"); r.Bad != 3 {
		t.Errorf("an old file brings her back: %+v", r)
	}
	if p, err := s.ProfileOf(t.Context(), m.From); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("her former number: %+v %v", p, err)
	}
}

// TestLineageGoesWithWhatWasLearnt: who takes back that she is remembered takes back the lineage too.
func TestLineageGoesWithWhatWasLearnt(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, two)
	merge(t, s, "6001", "6002")
	tap(t, s, "1", "6002")
	importCustomers(t, s, "identifier,consent\n6002,recognise\n")
	for _, table := range []string{"merges", "lineage", "carded"} {
		if n := count(t, s, `SELECT count(*) FROM `+table); n != 0 {
			t.Errorf("%d rows of %s are left", n, table)
		}
	}
	_, err := s.Unmerge(t.Context(), cardOf("6001"), "")
	refusedAs(t, err, refusedNone)
}

// TestAMergeOnABoxOfAChainTravels: head office is told that the two are one, by the ids of both, and what was chosen of
// them by stamps that win; two with ids of the chain's own are refused, since head office keeps them apart.
func TestAMergeOnABoxOfAChainTravels(t *testing.T) {
	s := enrol(t, openStore(t, t.TempDir()), office(t))
	importCustomers(t, s, two+"c3,6003,Bo,,,\n")
	keep, other := profile(t, s, "6001"), profile(t, s, "6002")
	told := stateOf(t, s, other.Customer.Ref)
	drain(t, s)
	m := merge(t, s, "6001", "6002")
	if m.Undo || m.Unlearnt {
		t.Errorf("%+v", m)
	}
	state := stateOf(t, s, keep.Customer.Ref)
	if state.ID != keep.Customer.ID || !slices.Equal(state.Also, []string{other.Customer.ID}) || len(state.Identifiers) != 4 {
		t.Errorf("%+v", state)
	}
	if r := state.Merge(told); r.Fields[edge.FieldName].Value != "Maya" || !strings.HasPrefix(r.Fields[edge.FieldSince].Value, "2023") {
		t.Errorf("head office makes of her %+v", r.Fields)
	}
	var sent *edge.CustomerState
	for _, r := range drain(t, s) {
		if r.Customer != nil {
			sent = r.Customer
		}
	}
	if sent == nil || !sameState(*sent, state) || !slices.Contains(sent.Also, other.Customer.ID) {
		t.Errorf("head office is told %+v", sent)
	}
	if n := count(t, s, `SELECT (SELECT count(*) FROM lineage) + (SELECT count(*) FROM merges WHERE sealed IS NOT NULL)`); n != 0 {
		t.Errorf("%d rows are kept that serve nothing", n)
	}
	_, err := s.Unmerge(t.Context(), cardOf("6001"), "")
	refusedAs(t, err, refusedOffice)
	before := dump(t, s)
	_, err = s.Merge(t.Context(), cardOf("6001"), cardOf("6003"))
	refusedAs(t, err, refusedHousehold)
	if d := cmp.Diff(before, dump(t, s)); d != "" {
		t.Errorf("a refusal changes something:\n%s", d)
	}
}

// TestABoxThatEnrolsKeepsNoWayBack: what it would take is gone, and a visit that both had counts once.
func TestABoxThatEnrolsKeepsNoWayBack(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, two)
	at := s.opt.Now()
	for _, card := range []string{"6001", "6002"} {
		buys(t, s, profile(t, s, card).Customer.Ref, "1", at, "milk")
	}
	merge(t, s, "6001", "6002")
	tap(t, s, "1", "6002")
	enrol(t, s, office(t))
	if n := count(t, s, `SELECT (SELECT count(*) FROM lineage) + (SELECT count(*) FROM carded) + (SELECT count(*) FROM merges WHERE sealed IS NOT NULL)`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	if n := count(t, s, `SELECT count(*) FROM visits`); n != 1 {
		t.Errorf("%d visits", n)
	}
	if l, err := s.LineageOf(t.Context(), profile(t, s, "6001").Customer.Ref); err != nil || len(l) != 1 || l[0].Undo {
		t.Errorf("%+v %v", l, err)
	}
}

// TestAPurchaseOnASharedCardTeachesNobody: a household's card is nobody's, until a merge shows that it was one person's.
func TestAPurchaseOnASharedCardTeachesNobody(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, "customer,identifier,name\nc1,6001,Maya\nc2,6001,May\n")
	for range 2 {
		got, err := s.Tap(t.Context(), edge.EventKey{1}, cardOf("6001"))
		if err != nil || !errors.Is(got.Unknown, edge.ErrAmbiguous) || got.Profile.Customer.Ref != edge.Stranger || got.Profile.Customer.Name != "" {
			t.Fatalf("%+v %v", got, err)
		}
		buys(t, s, got.Profile.Customer.Ref, "1", s.opt.Now(), "milk")
	}
	if n := count(t, s, `SELECT (SELECT count(*) FROM memory) + (SELECT count(*) FROM habits) + (SELECT count(*) FROM visits WHERE customer IS NOT NULL)`); n != 0 {
		t.Errorf("%d rows were learnt", n)
	}
	chain := func(id string) edge.Identifier { return edge.Identifier{Kind: edge.KindCustomer, Value: id} }
	if _, err := s.Merge(t.Context(), chain("c1"), chain("c2")); err != nil {
		t.Fatal(err)
	}
	if p := profile(t, s, "6001"); p.Customer.Name != "Maya" {
		t.Errorf("%+v", p.Customer)
	}
	if _, err := s.Unmerge(t.Context(), chain("c2"), ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Profile(t.Context(), cardOf("6001")); !errors.Is(err, edge.ErrAmbiguous) {
		t.Errorf("shared again: %v", err)
	}
}
