// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/exchange"
)

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func event(key, body byte) *edge.SeenEvent {
	return &edge.SeenEvent{Key: edge.EventKey{key}, Body: [16]byte{body}, Type: edge.CheckoutItem, Lane: "3", At: newClock().now}
}

// maya imports one customer and gives her profile.
func maya(t testing.TB, s *Store) edge.Profile {
	t.Helper()
	importCustomers(t, s, "customer,identifier,name,say,fact.interest\nc1,6001,Maya,MY-uh,sailing\n")
	return profile(t, s, "6001")
}

func profile(t testing.TB, s *Store, card string) edge.Profile {
	t.Helper()
	p, err := s.Profile(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: card})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAnEventHappensOnce(t *testing.T) {
	s := openStore(t, t.TempDir())
	lane := func(state string) *edge.LaneRecord { return &edge.LaneRecord{Lane: "3", State: []byte(state)} }
	visit := func(checkout string) *edge.Visit {
		return &edge.Visit{At: s.opt.Now(), Lane: "3", Checkout: checkout, Items: []edge.Item{{SKU: "1", Name: "Milk", Quantity: 1}}}
	}
	got := commit(t, s,
		edge.Entry{Event: event(1, 1), Lane: lane("one"), Visit: visit("a")},
		edge.Entry{Event: event(1, 1), Lane: lane("two"), Visit: visit("b")}, // in the same batch
		edge.Entry{Event: event(1, 2), Lane: lane("three"), Visit: visit("c")},
	)
	got = append(got, commit(t, s, edge.Entry{Event: event(1, 1), Lane: lane("four"), Visit: visit("d")}, edge.Entry{Event: event(1, 3)})...)
	want := []edge.Result{edge.Written, edge.Duplicate, edge.Conflict, edge.Duplicate, edge.Conflict}
	if !slices.Equal(got, want) {
		t.Errorf("results %v, want %v", got, want)
	}
	lanes, err := s.Lanes(t.Context())
	if err != nil || len(lanes) != 1 || string(lanes[0].State) != "one" {
		t.Errorf("lanes %q, %v", lanes, err)
	}
	counts, err := s.Counts(t.Context(), s.opt.Now())
	if err != nil || counts.Events != 1 || counts.Visits != 1 {
		t.Errorf("counts %+v, %v", counts, err)
	}
	body, found, err := s.Seen(t.Context(), edge.EventKey{1})
	if err != nil || !found || body != [16]byte{1} {
		t.Errorf("seen %v %v %v", body, found, err)
	}
}

func TestABadEntryDoesNotSinkTheOthers(t *testing.T) {
	s := openStore(t, t.TempDir())
	p := maya(t, s)
	bad := edge.Entry{Event: event(2, 2), Lane: &edge.LaneRecord{Lane: "9", State: []byte("x")},
		Visit: &edge.Visit{At: s.opt.Now(), Lane: "9", Items: []edge.Item{{SKU: "new", Name: "New", Quantity: 1}}},
		Fact:  &edge.Fact{ID: "no uuid", Customer: p.Customer.Ref, Kind: edge.FactPraise}}
	good := func(k byte) edge.Entry {
		return edge.Entry{Event: event(k, k), Visit: &edge.Visit{Customer: p.Customer.Ref, At: s.opt.Now().Add(time.Duration(k) * time.Hour),
			Items: []edge.Item{{SKU: "other", Name: "Other", Quantity: 1}}}}
	}
	if got := commit(t, s, good(1), bad, good(3)); !slices.Equal(got, []edge.Result{edge.Written, edge.Failed, edge.Written}) {
		t.Fatalf("results %v", got)
	}
	if _, found, _ := s.Seen(t.Context(), edge.EventKey{2}); found {
		t.Error("the failed entry's event is kept: its redelivery would be lost")
	}
	lanes, err := s.Lanes(t.Context())
	if err != nil || len(lanes) != 0 {
		t.Errorf("lanes %v %v", lanes, err)
	}
	// The article of the failed entry was rolled back: the number that it had may be another's by now.
	third, again := good(5), good(6)
	third.Visit.Items = []edge.Item{{SKU: "third", Name: "Third", Quantity: 1}}
	again.Visit.Items = bad.Visit.Items
	commit(t, s, third, again)
	times := map[string]int{}
	for _, h := range profile(t, s, "6001").Usual {
		times[h.Name] = h.Times
	}
	if diff := cmp.Diff(map[string]int{"Other": 2, "Third": 1, "New": 1}, times); diff != "" {
		t.Error(diff)
	}
}

func TestAWordHappensOnceAndCanBeTakenBack(t *testing.T) {
	s := openStore(t, t.TempDir())
	p := maya(t, s)
	sailing := p.Facts[0].ID
	prompt := edge.Prompt{ID: newID(), Customer: p.Customer.Ref, Remember: &edge.Line{Text: "She likes sailing", Fact: sailing, Why: "told", Rule: "fact"}}
	note := edge.Fact{ID: newID(), Customer: p.Customer.Ref, Kind: edge.FactPromise, Text: "a call on Monday", Place: "harbour · 3", At: s.opt.Now()}
	got := commit(t, s,
		edge.Entry{Prompt: &prompt},
		edge.Entry{Word: "w1", Fact: &note},
		edge.Entry{Word: "w2", Close: &edge.CloseFact{ID: sailing, At: s.opt.Now()}, Outcome: &edge.Outcome{Word: "w2", Prompt: prompt.ID, Kind: "wrong", Line: "remember", At: s.opt.Now()}},
		edge.Entry{Word: "w1", Fact: &edge.Fact{ID: newID(), Customer: p.Customer.Ref, Kind: edge.FactPraise, Text: "twice"}},
	)
	if got[3] != edge.Duplicate {
		t.Errorf("results %v", got)
	}
	facts := profile(t, s, "6001").Facts
	if len(facts) != 1 || facts[0].Text != "a call on Monday" || facts[0].Place != "harbour · 3" {
		t.Errorf("facts %+v", facts)
	}
	if known, err := s.WordKnown(t.Context(), "w1"); err != nil || !known {
		t.Errorf("word: %v %v", known, err)
	}
	ref, lines, err := s.PromptOf(t.Context(), prompt.ID)
	if diff := cmp.Diff(prompt.Lines(), lines); err != nil || ref != p.Customer.Ref || diff != "" {
		t.Errorf("prompt: %v %v %s", ref, err, diff)
	}
	if counts, _ := s.Counts(t.Context(), s.opt.Now()); counts.Open != 1 || counts.Notes != 1 || counts.Prompts != 1 {
		t.Errorf("counts %+v", counts)
	}

	commit(t, s, edge.Entry{Word: "w3", Withdraw: "w1"}, edge.Entry{Word: "w4", Withdraw: "w2"})
	facts = profile(t, s, "6001").Facts
	if len(facts) != 1 || facts[0].ID != sailing || facts[0].Shown.IsZero() {
		t.Errorf("after taking back: %+v", facts)
	}
	var outcomes int
	if err := s.read.QueryRow(`SELECT count(*) FROM outcomes`).Scan(&outcomes); err != nil || outcomes != 0 {
		t.Errorf("%d outcomes, %v", outcomes, err)
	}
	if got := commit(t, s, edge.Entry{Word: "w1", Fact: &note}); got[0] != edge.Duplicate {
		t.Errorf("a late copy of a word that was taken back: %v", got)
	}
}

func TestWhatWasSaidIsRemembered(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	p := maya(t, s)
	say := func(rule, fact string) {
		c.add(time.Hour)
		commit(t, s, edge.Entry{Prompt: &edge.Prompt{ID: newID(), Customer: p.Customer.Ref, Do: &edge.Line{Text: "x", Rule: rule, Fact: fact}}})
	}
	say("a", "")
	say("b", "1")
	say("a", "")
	said := profile(t, s, "6001").Said
	if len(said) != 2 || said[0].Rule != "a" || said[1].Rule != "b" || !said[0].At.Equal(c.Now()) {
		t.Errorf("said %+v", said)
	}
}

func TestNothingIsLearntWithoutConsent(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, "identifier,name,consent\n1,Ada,none\n2,Bo,recognise\n")
	for i, card := range []string{"1", "2"} {
		p := profile(t, s, card)
		checkout := newID()
		commit(t, s,
			edge.Entry{Visit: &edge.Visit{Customer: p.Customer.Ref, At: s.opt.Now(), Lane: "1", Checkout: checkout, Items: []edge.Item{{SKU: "1", Quantity: 1}}}},
			edge.Entry{Attach: &edge.Attach{Lane: "1", Checkout: checkout, Customer: p.Customer.Ref}},
			edge.Entry{Fact: &edge.Fact{ID: newID(), Customer: p.Customer.Ref, Kind: edge.FactPraise, Text: "x"}})
		p = profile(t, s, card)
		if p.Visits != 0 || len(p.Usual) != 0 || len(p.Facts) != 0 {
			t.Errorf("%d: %+v", i, p)
		}
		var n int
		if err := s.read.QueryRow(`SELECT count(*) FROM visits WHERE customer IS NOT NULL`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d visits with a customer, %v", n, err)
		}
	}
}

// TestImportedFactsNeedConsent: the row is imported, its facts are not, and the report says how many.
func TestImportedFactsNeedConsent(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, "identifier,name\n4,Cy\n")
	file := "identifier,name,consent,fact.interest,fact.person\n" +
		"1,Ada,none,sails,a sister\n2,Bo,recognise,bees,\n3,Maya,remember,tea,\n4,Cy,recognise,chess,\n"
	r := importCustomers(t, s, file)
	if counted(r) != [5]int{4, 3, 1, 0, 0} || r.FactsLeftOut != 4 {
		t.Errorf("%+v", r)
	}
	if len(r.Problems) != 1 || r.Problems[0].Line != 2 || !strings.Contains(r.Problems[0].Reason, "4 in all") {
		t.Errorf("problems %+v", r.Problems)
	}
	if again := importCustomers(t, s, file); counted(again) != [5]int{4, 0, 0, 4, 0} || again.FactsLeftOut != 4 {
		t.Errorf("again: %+v", again)
	}
	var n int
	if err := s.read.QueryRow(`SELECT count(*) FROM facts`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d facts at rest, %v", n, err)
	}
	// The consent of rows that say none counts too.
	r, err := s.ImportCustomers(t.Context(), exchange.Customers(strings.NewReader("identifier,fact.interest\n5,tea\n"), exchange.Options{}),
		edge.ImportOptions{Consent: edge.ConsentRecognise})
	if err != nil || r.New != 1 || r.FactsLeftOut != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestAttachedVisitIsLearnt(t *testing.T) {
	s := openStore(t, t.TempDir())
	p := maya(t, s)
	v := edge.Visit{At: s.opt.Now(), Store: "harbour", Lane: "1", Checkout: "k1", Items: []edge.Item{{SKU: "1", Name: "Milk", Quantity: 2, AmountMinor: 199}, {SKU: "2", Name: "Jar", Quantity: -1}}}
	commit(t, s, edge.Entry{Visit: &v})
	attach := edge.Entry{Attach: &edge.Attach{Lane: "1", Checkout: "k1", Customer: p.Customer.Ref}}
	commit(t, s, attach, attach)
	p = profile(t, s, "6001")
	want := edge.LastVisit{At: v.At, Store: "harbour", Lane: "1", Items: v.Items}
	if diff := cmp.Diff(want, p.Last); diff != "" || p.Visits != 1 {
		t.Error(diff, p.Visits)
	}
	if len(p.Usual) != 1 || p.Usual[0].Name != "Milk" || p.Usual[0].P != 1 {
		t.Errorf("a return taught a habit: %+v", p.Usual)
	}
}

// TestAttachTakesNoEarlierVisit: tills number their checkouts anew each day, and yesterday's k1 was somebody else's.
func TestAttachTakesNoEarlierVisit(t *testing.T) {
	s := openStore(t, t.TempDir())
	p := maya(t, s)
	yesterday := edge.Visit{At: s.opt.Now().Add(-24 * time.Hour), Lane: "1", Checkout: "k1", Items: []edge.Item{{SKU: "1", Name: "Milk", Quantity: 1}}}
	today := yesterday
	today.At = s.opt.Now()
	attach := edge.Entry{Attach: &edge.Attach{Lane: "1", Checkout: "k1", Customer: p.Customer.Ref, After: today.At}}
	commit(t, s, edge.Entry{Visit: &yesterday}, attach)
	if p = profile(t, s, "6001"); p.Visits != 0 {
		t.Errorf("yesterday's basket is hers: %+v", p.Last)
	}
	commit(t, s, edge.Entry{Visit: &today}, attach)
	if p = profile(t, s, "6001"); p.Visits != 1 || !p.Last.At.Equal(today.At) {
		t.Errorf("today's is not: %d visits, %+v", p.Visits, p.Last)
	}
}

func TestSharedCardNamesNobody(t *testing.T) {
	s := openStore(t, t.TempDir())
	report := importCustomers(t, s, "customer,identifier,name\nc1,6001,Maya\nc2,6001,Ada\n,6001,Who\n")
	if report.New != 2 || report.Bad != 1 || report.Problems[0].Line != 4 {
		t.Errorf("report %+v", report)
	}
	if _, err := s.Profile(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "6001"}); !errors.Is(err, edge.ErrAmbiguous) {
		t.Errorf("got %v", err)
	}
	p, err := s.Profile(t.Context(), edge.Identifier{Kind: edge.KindCustomer, Value: "c2"})
	if err != nil || p.Customer.Name != "Ada" {
		t.Errorf("by the chain's id: %+v %v", p, err)
	}
}

func TestScreens(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	sc := edge.Screen{ID: newID(), Lane: "3", Name: "left", Paired: c.Now(), Expires: c.Now().Add(time.Minute)}
	other := edge.Screen{ID: newID(), Manager: true, Paired: c.Now(), Expires: c.Now().Add(time.Minute)}
	for i, each := range []edge.Screen{sc, other} {
		if err := s.AddScreen(t.Context(), each, [32]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.TouchScreen(t.Context(), sc.ID); err != nil {
		t.Fatal(err)
	}
	c.add(2 * time.Minute)
	got, err := s.ScreenByToken(t.Context(), [32]byte{0})
	if err != nil || got.Lane != "3" || got.Seen.IsZero() || !got.Expires.IsZero() {
		t.Errorf("used in time: %+v %v", got, err)
	}
	if _, err := s.ScreenByToken(t.Context(), [32]byte{1}); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("never used: %v", err)
	}
	if list, err := s.Screens(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("screens %+v %v", list, err)
	}
	if err := s.RevokeScreen(t.Context(), sc.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ScreenByToken(t.Context(), [32]byte{0}); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("revoked: %v", err)
	}
	if err := s.RevokeScreen(t.Context(), sc.ID); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
}

func TestQuarantineKeepsUpToItsCapAndCounts(t *testing.T) {
	s := openStore(t, t.TempDir(), func(o *Options) { o.QuarantineCount = 2 })
	refuse := func(id string, payload []byte) {
		commit(t, s, edge.Entry{Refused: &edge.Refused{ID: id, Topic: "t", Reason: "json", Payload: payload, Size: 7, At: s.opt.Now()}})
	}
	refuse("a", []byte("what a till sent"))
	refuse("a", []byte("what a till sent")) // again
	refuse("b", nil)
	refuse("c", []byte("no room"))
	list, err := s.Quarantine(t.Context(), 10)
	if err != nil || len(list) != 2 || list[0].ID != "b" || list[1].ID != "a" {
		t.Errorf("quarantine %+v %v", list, err)
	}
	var sealed, digest []byte
	if err := s.read.QueryRow(`SELECT sealed, digest FROM quarantine WHERE id = 'a'`).Scan(&sealed, &digest); err != nil {
		t.Fatal(err)
	}
	payload, err := s.opt.Seal.OpenOwn("quarantine "+string(digest), sealed)
	if err != nil || string(payload) != "what a till sent" {
		t.Errorf("payload %q %v", payload, err)
	}
	if q, err := s.QuarantinedByID(t.Context(), "b"); err != nil || q != list[0] {
		t.Errorf("%+v %v", q, err)
	}
	if _, err := s.QuarantinedByID(t.Context(), "c"); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("one that was only counted: %v", err)
	}
	if counts, err := s.Counts(t.Context(), s.opt.Now()); err != nil || counts.Quarantined != 4 {
		t.Errorf("counts %+v %v", counts, err)
	}
	if got := found(t, s.opt.Dir, map[string][]byte{"payload": []byte("what a till sent")}); got != nil {
		t.Errorf("found %v", got)
	}
}

func TestOldEventsAreSweptInSteps(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	var entries []edge.Entry
	for i := range 1200 {
		e := edge.SeenEvent{Key: edge.EventKey{byte(i), byte(i >> 8)}, At: c.Now()}
		entries = append(entries, edge.Entry{Event: &e, Word: newID()})
	}
	commit(t, s, entries...)
	c.add(eventsKept / 2)
	young := edge.SeenEvent{Key: edge.EventKey{7, 7, 7}, At: c.Now()}
	commit(t, s, edge.Entry{Event: &young, Word: "young"})
	c.add(eventsKept/2 + time.Hour)
	for _, table := range sweeps[:2] {
		if end, err := s.sweepEnd(t.Context(), table, nil); err != nil || end == nil {
			t.Errorf("the first step through %s ends at %x (%v): the whole table is no step", table.table, end, err)
		}
	}
	for range 3 * 4 {
		if err := s.Upkeep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"events", "words"} {
		var n int
		if err := s.read.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil || n != 1 {
			t.Errorf("%d %s are left, %v", n, table, err)
		}
	}
	if s.Stats().JournalBytes == 0 {
		t.Log("the journal is empty")
	}
}

// TestSeenCountsPrompts: two screens on a lane, or one that is loaded anew, tell of one prompt.
func TestSeenCountsPrompts(t *testing.T) {
	s := openStore(t, t.TempDir())
	a, b := newID(), newID()
	saw := func(word, prompt string) edge.Entry {
		return edge.Entry{Word: word, Outcome: &edge.Outcome{Word: word, Prompt: prompt, Kind: "seen", At: s.opt.Now()}}
	}
	commit(t, s, edge.Entry{Prompt: &edge.Prompt{ID: a}}, saw("left", a), saw("right", a))
	commit(t, s, edge.Entry{Prompt: &edge.Prompt{ID: b}}, saw("left again", a), saw("of b", b), saw("of none", newID()))
	if counts, err := s.Counts(t.Context(), s.opt.Now()); err != nil || counts.Prompts != 2 || counts.Seen != 2 {
		t.Errorf("counts %+v %v", counts, err)
	}
}

func TestClocksAreBounded(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	told := func(source string) edge.Entry {
		return edge.Entry{Clock: &edge.SourceClock{Source: source, Offset: time.Second}}
	}
	left := func() (n int) {
		t.Helper()
		for range len(sweeps) {
			if err := s.Upkeep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.read.QueryRow(`SELECT count(*) FROM clocks`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	commit(t, s, told("/gone"), told("/till/1"))
	c.add(clocksKept)
	commit(t, s, told("/till/1"))
	c.add(time.Hour)
	if n := left(); n != 1 {
		t.Errorf("%d clocks after two months", n)
	}
	// A till that names itself anew with each event.
	for i := range maxClocks + 10 {
		c.add(time.Second)
		commit(t, s, told(fmt.Sprint("/", i)))
	}
	clocks, err := s.Clocks(t.Context())
	if err != nil || len(clocks) != maxClocks || clocks[0].Source != fmt.Sprint("/", maxClocks+9) {
		t.Errorf("%d clocks are loaded, %v", len(clocks), err)
	}
	if n := left(); n > maxClocks+1 {
		t.Errorf("%d clocks are kept", n)
	}
}

func TestAConfirmedFactIsAsGoodAsNew(t *testing.T) {
	s := openStore(t, t.TempDir())
	if _, err := s.ImportCustomers(t.Context(), customerRows(1), edge.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	ref, err := s.find(t.Context(), card(0))
	if err != nil {
		t.Fatal(err)
	}
	old := time.Now().AddDate(-2, 0, 0)
	fact := edge.Fact{ID: newID(), Customer: ref, Kind: edge.FactInterest, Text: "keeps bees", At: old}
	commit(t, s, edge.Entry{Fact: &fact})
	commit(t, s, edge.Entry{Renew: fact.ID})
	p, err := s.ProfileOf(t.Context(), ref)
	if err != nil || len(p.Facts) == 0 || !p.Facts[0].At.After(old.AddDate(1, 0, 0)) {
		t.Errorf("facts %+v, %v", p.Facts, err)
	}
}
