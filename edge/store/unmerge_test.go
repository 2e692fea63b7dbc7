// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"redbench/edge"
	"redbench/edge/exchange"
)

func unmerge(t testing.TB, s *Store, keep, other string) Unmerged {
	t.Helper()
	u, err := s.Unmerge(t.Context(), cardOf(keep), other)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// allOf is all that is known of a customer, without the number that the box gives her.
func allOf(t testing.TB, s *Store, card string) (p edge.Profile, c edge.CustomerState, habits []string) {
	t.Helper()
	p = profile(t, s, card)
	c = stateOf(t, s, p.Customer.Ref)
	habits = texts(t, s, `SELECT item || ' ' || logw || ' ' || times || ' ' || last FROM habits WHERE customer = ? ORDER BY item`, int64(p.Customer.Ref))
	p.Customer.Ref, p.Usual = 0, lasting(p.Usual)
	for i := range p.Facts {
		p.Facts[i].Customer = 0
	}
	return p, c, habits
}

// TestUnmergeGivesTwoAgain is the property of a lineage: two who were merged and parted are as they would be had they never
// been merged, with what was learnt meanwhile of each by her card. Whole is a second store, where nobody merges.
func TestUnmergeGivesTwoAgain(t *testing.T) {
	time1 := newClock()
	stores := []*Store{}
	for range 2 {
		stores = append(stores, openStore(t, t.TempDir(), func(o *Options) { o.Now = time1.Now }))
	}
	s, whole := stores[0], stores[1]
	run, n := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		var cards []string
		for i := range 3 {
			cards = append(cards, fmt.Sprintf("6%06d%d", run, i+1))
		}
		file := "customer,identifier,name,say,address,since,fact.interest,fact.avoid\n"
		for i, card := range cards {
			some := func(what string) string { return rapid.SampledFrom([]string{"", what + card}).Draw(r, what) }
			since := rapid.SampledFrom([]string{"", "2020-01-01", "2021-02-03"}).Draw(r, "since")
			file += fmt.Sprintf("%s,%s,%s,%s,%s,%s,%s,%s\n", rapid.SampledFrom([]string{"", fmt.Sprintf("c%d-%d", run, i)}).Draw(r, "chain"),
				card, some("name"), some("say"), some("address"), since, some("sailing"), some("dogs"))
		}
		for _, each := range stores {
			importCustomers(t, each, file)
		}
		ids := map[string]string{} // the stores make ids of their own
		for _, card := range cards {
			ids[profile(t, s, card).Customer.ID] = card
			ids[profile(t, whole, card).Customer.ID] = card
		}
		merged := false
		happens := func() {
			n++
			card := rapid.SampledFrom(cards).Draw(r, "card")
			lane := rapid.SampledFrom([]string{"1", "2"}).Draw(r, "lane")
			skus := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 3, rapid.ID).Draw(r, "things")
			how := rapid.IntRange(0, 4).Draw(r, "how")
			// Before, both may have had the same checkout's number at one moment.
			checkout := "k"
			if merged {
				checkout += fmt.Sprint(n)
			}
			at := time1.Now().Add(time.Duration(rapid.IntRange(0, 2).Draw(r, "at")-1) * time.Hour)
			time1.add(time.Minute)
			for _, each := range stores {
				switch how {
				case 0:
					rows := "identifier,at,checkout,sku\n"
					for _, sku := range skus {
						rows += fmt.Sprintf("%s,%s,%s,%s\n", card, at.Format(time.RFC3339Nano), checkout, sku)
					}
					importVisits(t, each, rows)
				case 4: // the file comes each night
					if i := importCustomers(t, each, file); i.Unchanged != 3 {
						r.Fatalf("the same file again: %+v", i)
					}
				case 1:
					_, prompt := tap(t, each, lane, card)
					ref := profile(t, each, card).Customer.Ref
					commit(t, each, edge.Entry{Word: fmt.Sprint("w", n), About: prompt,
						Fact: &edge.Fact{ID: fmt.Sprintf("01890000-0000-7000-8000-%012d", n), Customer: ref, Kind: edge.FactPerson, Text: fmt.Sprint("told ", n), At: time1.Now()}})
				default:
					ref, _ := tap(t, each, lane, card)
					buys(t, each, ref, lane, time1.Now(), skus...)
				}
			}
		}
		some := func(what string) {
			for range rapid.IntRange(0, 2).Draw(r, what) {
				happens()
			}
		}
		some("before")
		time1.add(time.Minute)
		// Two are merged, perhaps a third into either, and parted in any order that is allowed.
		nested := rapid.Bool().Draw(r, "nested")
		third := rapid.Bool().Draw(r, "third")
		merged = true
		if third && nested {
			merge(t, s, cards[1], cards[2])
			some("between")
		}
		merge(t, s, cards[0], cards[1])
		some("between")
		if third && !nested {
			merge(t, s, cards[0], cards[2])
			some("between")
		}
		otherID := func(card string) string {
			for id, of := range ids {
				if of == card && count(t, s, `SELECT count(*) FROM merges WHERE id = ?`, idKey(id)) > 0 {
					return id
				}
			}
			r.Fatalf("%s was not merged", card)
			return ""
		}
		parts := slices.Clone(cards[1:])
		if !third {
			parts = parts[:1]
		}
		if third && !nested && rapid.Bool().Draw(r, "first in, first out") {
			slices.Reverse(parts)
		}
		for _, card := range parts {
			unmerge(t, s, card, otherID(card))
			some("after")
		}
		for _, card := range cards {
			gotProfile, gotState, gotHabits := allOf(t, s, card)
			wantProfile, wantState, wantHabits := allOf(t, whole, card)
			gotProfile.Customer.ID, wantProfile.Customer.ID = "", ""
			forget := func(p *edge.Profile) {
				for i := range p.Facts {
					if p.Facts[i].Place == edge.PlaceImport {
						p.Facts[i].ID = "" // made by each store
					}
				}
				slices.SortFunc(p.Facts, func(a, b edge.Fact) int { return strings.Compare(a.Text, b.Text) })
				p.Said = nil // may be more: see TestWhatWasSaidStaysSaid
			}
			forget(&gotProfile)
			forget(&wantProfile)
			if d := cmp.Diff(wantProfile, gotProfile); d != "" {
				r.Fatalf("%s is known otherwise (-never merged +parted):\n%s", card, d)
			}
			if d := cmp.Diff(wantHabits, gotHabits); d != "" {
				r.Fatalf("%s is learnt otherwise (-never merged +parted):\n%s", card, d)
			}
			if len(gotState.Also) != 0 || len(gotState.Identifiers) != len(wantState.Identifiers) || ids[gotState.ID] != card {
				r.Fatalf("%s is called %+v, not %+v", card, gotState, wantState)
			}
		}
		if got := count(t, s, `SELECT (SELECT count(*) FROM merges) + (SELECT count(*) FROM lineage) + (SELECT count(*) FROM carded)`); got != 0 {
			r.Fatalf("%d rows of lineage are left", got)
		}
		if c, err := s.Counts(t.Context(), time1.Now()); err != nil || c.Customers != 3*run {
			r.Fatalf("%d customers, %v", c.Customers, err)
		}
	})
}

// TestUnmergeAtOnceChangesNothing: with nothing in between each is exactly as she was, and what was said to her too.
func TestUnmergeAtOnceChangesNothing(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, two)
	ids := map[string]string{}
	type everything struct {
		P edge.Profile
		C edge.CustomerState
		H []string
	}
	before := map[string]everything{}
	for _, card := range []string{"6001", "6002"} {
		live(t, s, profile(t, s, card))
		ref, _ := tap(t, s, "1", card)
		buys(t, s, ref, "1", s.opt.Now().Add(-time.Hour), "tea", card) // the same checkout at one moment
		p, c, h := allOf(t, s, card)
		before[card], ids[card] = everything{p, c, h}, p.Customer.ID
	}
	merge(t, s, "6001", "6002")
	u := unmerge(t, s, "6001", ids["6002"])
	if u.KeptID != ids["6001"] || u.OtherID != ids["6002"] {
		t.Errorf("%+v", u)
	}
	for card, want := range before {
		p, c, h := allOf(t, s, card)
		if d := cmp.Diff(want, everything{p, c, h}); d != "" {
			t.Errorf("%s is another (-before +after):\n%s", card, d)
		}
	}
	if n := count(t, s, `SELECT count(*) FROM prompts WHERE customer = ?`, int64(u.Other)); n != 2 {
		t.Errorf("she has %d of her prompts", n)
	}
}

// TestWhatWasSaidStaysSaid: a line that was said while they were one is said again to neither; of a fact only who has it
// knows.
func TestWhatWasSaidStaysSaid(t *testing.T) {
	time1 := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = time1.Now })
	importCustomers(t, s, two)
	merge(t, s, "6001", "6002")
	time1.add(time.Hour)
	p := profile(t, s, "6001")
	for _, f := range p.Facts {
		commit(t, s, edge.Entry{Prompt: &edge.Prompt{ID: newID(), Customer: p.Customer.Ref, Remember: &edge.Line{Text: "x", Rule: "fact", Fact: f.ID}}})
	}
	tap(t, s, "1", "6002")
	unmerge(t, s, "6001", "")
	for _, card := range []string{"6001", "6002"} {
		p := profile(t, s, card)
		if len(p.Said) != 2 || len(p.Facts) != 1 || !slices.ContainsFunc(p.Said, func(s edge.Said) bool { return s.Fact == p.Facts[0].ID }) {
			t.Errorf("%s: %+v, facts %+v", card, p.Said, p.Facts)
		}
	}
}

// TestWhatFindsNoRoomIsPast: of two who were told much together the oldest is counted, since some rules speak once ever.
func TestWhatFindsNoRoomIsPast(t *testing.T) {
	said := func(from int) (s spoken) {
		for i := range maxSaid {
			s.Said = append(s.Said, edge.Said{Rule: fmt.Sprint("rule", from+i), At: newClock().now.Add(-time.Duration(from+i) * time.Hour)})
		}
		s.Past = map[string]int{"first": 1}
		return s
	}
	got := joinSaid(said(0), said(maxSaid-1))
	if len(got.Said) != maxSaid || len(got.Past) != maxSaid || got.Past["first"] != 2 || got.Past[fmt.Sprint("rule", 2*maxSaid-2)] != 1 || got.Past["rule0"] != 0 {
		t.Errorf("%+v", got)
	}
}

// TestWhatIsNotKnownToBeHersStays: a name that was stated, a card that was added and a visit of a card of nobody's since
// the merge are with who was kept.
func TestWhatIsNotKnownToBeHersStays(t *testing.T) {
	time1 := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = time1.Now })
	importCustomers(t, s, two)
	merge(t, s, "6001", "6002")
	time1.add(time.Hour)
	importCustomers(t, s, "customer,identifier,address,say\nc1,6099,Captain,MAH-ya\n")
	ref, _ := tap(t, s, "1", "6099")
	buys(t, s, ref, "1", s.opt.Now(), "milk")
	u := unmerge(t, s, "6002", "")
	keep, other := profile(t, s, "6001"), profile(t, s, "6002")
	if keep.Customer.Address != "Captain" || keep.Customer.Say != "MAH-ya" || keep.Visits != 1 || profile(t, s, "6099").Customer.Ref != u.Kept {
		t.Errorf("%+v", keep)
	}
	if other.Customer.Address != "" || other.Customer.Say != "MY-uh" || other.Visits != 0 || other.Customer.Name != "Maya L" {
		t.Errorf("%+v", other)
	}
}

// TestWhichMergeIsTakenBack: of several one must be named, and who was merged along comes with whom she was merged into.
func TestWhichMergeIsTakenBack(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, "identifier,name\n6001,A\n6002,B\n6003,C\n6004,D\n")
	id := func(card string) string { return profile(t, s, card).Customer.ID }
	c, d := id("6003"), id("6004")
	stale := profile(t, s, "6004").Customer.Ref
	merge(t, s, "6003", "6004")
	merge(t, s, "6001", "6003")
	merge(t, s, "6001", "6002")
	buys(t, s, stale, "9", s.opt.Now(), "milk") // on a lane that stood still meanwhile
	lineage, err := s.LineageOf(t.Context(), profile(t, s, "6001").Customer.Ref)
	if err != nil || len(lineage) != 3 || lineage[0].Undo || lineage[0].ID != d || lineage[0].Into != c || !lineage[1].Undo || lineage[1].Into != "" {
		t.Errorf("%+v %v", lineage, err)
	}
	for other, want := range map[string]string{"": refusedWhich, d: refusedWhich, newID(): refusedNone, "nonsense": refusedNone} {
		_, err := s.Unmerge(t.Context(), cardOf("6001"), other)
		refusedAs(t, err, want)
	}
	unmerge(t, s, "6001", c)
	if p := profile(t, s, "6004"); p.Customer.Name != "C" || p.Visits != 1 || p.Customer.ID != c || profile(t, s, "6002").Customer.Name != "A" {
		t.Errorf("%+v", p.Customer)
	}
	unmerge(t, s, "6003", "")
	if p := profile(t, s, "6004"); p.Customer.Name != "D" || p.Visits != 1 || p.Customer.ID != d {
		t.Errorf("%+v", p.Customer)
	}
}

// TestUnmergeAfterAChangedKey: an identifier that was written under another key meanwhile is given back all the same.
func TestUnmergeAfterAChangedKey(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, "identifier,name\n6001,A\n6002,B\n")
	merge(t, s, "6001", "6002")
	s = reopenWithNewKey(t, s)
	ref := profile(t, s, "6002").Customer.Ref // has it moved
	commit(t, s, edge.Entry{Word: "any"})
	if n := count(t, s, `SELECT count(*) FROM identifiers WHERE key <> 1`); n == 0 {
		t.Fatal("nothing was moved")
	}
	if u := unmerge(t, s, "6001", ""); u.Kept != ref || profile(t, s, "6002").Customer.Ref != u.Other {
		t.Errorf("%+v", u)
	}
}

// TestWhatWasSealedAsOneIsReadByNobody: with the old key all that was sealed under it is gone from the files.
func TestWhatWasSealedAsOneIsReadByNobody(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	importCustomers(t, s, two)
	live(t, s, profile(t, s, "6002"))
	merge(t, s, "6001", "6002")
	all := traces(t, s, cardOf("6001"))
	for _, stays := range []string{"hash", "id", "identifier"} {
		delete(all, stays)
	}
	leave(t, dir, all)
	if len(found(t, dir, all)) == 0 {
		t.Fatal("the control finds nothing")
	}
	u := unmerge(t, s, "6001", "")
	if where := found(t, dir, all); where != nil {
		t.Errorf("left: %v", where)
	}
	if !slices.Equal(u.Lanes, nil) {
		t.Errorf("lanes %v", u.Lanes)
	}
}

// TestTheLanesWhereHerCardWasShown are told, so that who stands there is who she is again.
func TestTheLanesWhereHerCardWasShown(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, two)
	merge(t, s, "6001", "6002")
	tap(t, s, "1", "6002")
	tap(t, s, "2", "6002")
	tap(t, s, "2", "6001")
	tap(t, s, "3", "6002")
	if u := unmerge(t, s, "6001", ""); !slices.Equal(u.Lanes, []string{"1", "3"}) {
		t.Errorf("lanes %v", u.Lanes)
	}
}

func importVisits(t testing.TB, s *Store, csv string) {
	t.Helper()
	r, err := s.ImportVisits(t.Context(), exchange.Visits(strings.NewReader(csv), exchange.Options{}), edge.ImportOptions{})
	if err != nil || r.Bad > 0 && !strings.Contains(r.Problems[0].Reason, "known with other lines") {
		t.Fatal(r, err)
	}
}
