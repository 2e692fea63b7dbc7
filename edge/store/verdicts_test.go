// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
)

// verdictOf is a cashier's word on a line.
func verdictOf(s *Store, word, prompt, line string, v edge.Verdict) edge.Entry {
	return edge.Entry{Word: word, Outcome: &edge.Outcome{Word: word, Prompt: prompt, Kind: string(v), Line: line, At: s.opt.Now()}}
}

func prompted(p edge.Profile, id string) *edge.Prompt {
	return &edge.Prompt{ID: id, Customer: p.Customer.Ref, Remember: &edge.Line{Text: "sailing", Fact: p.Facts[0].ID, Rule: "remember-told#2"},
		Do: &edge.Line{Text: "Start an oat flat white", SKU: "oat", Rule: "do-usual#1"}}
}

// TestVerdictsReachTheNextTap: hers and the store's, by rule; and what was called wrong, until its word is taken back.
func TestVerdictsReachTheNextTap(t *testing.T) {
	c := newClock()
	dir := t.TempDir()
	s := openStore(t, dir, func(o *Options) { o.Now = c.Now })
	p := maya(t, s)
	first, second := newID(), newID()
	commit(t, s, edge.Entry{Prompt: prompted(p, first)})
	commit(t, s, verdictOf(s, "a", first, "remember", edge.VerdictUsed), verdictOf(s, "b", first, "do", edge.VerdictWrong))
	c.add(time.Hour)
	commit(t, s, edge.Entry{Prompt: prompted(p, second)})
	commit(t, s, verdictOf(s, "c", second, "remember", edge.VerdictNotNow), verdictOf(s, "d", second, "remember", edge.VerdictConfirmed),
		verdictOf(s, "b", first, "do", edge.VerdictWrong), verdictOf(s, "e", newID(), "do", edge.VerdictWrong))

	at := s.opt.Now().UTC()
	want := []edge.Tally{
		{Rule: "do-usual", Shown: 1, Wrong: 1, At: at.Add(-time.Hour)},
		{Rule: "remember-told", Shown: 3, Used: 2, NotNow: 1, At: at},
	}
	got := profile(t, s, "6001")
	if diff := cmp.Diff(want, got.Tallies); diff != "" {
		t.Errorf("hers: %s", diff)
	}
	if diff := cmp.Diff([]edge.Denied{{SKU: "oat", At: at.Add(-time.Hour)}}, got.Denied); diff != "" {
		t.Errorf("denied: %s", diff)
	}
	want[0].Shown, want[1].Shown = 2, 2
	if diff := cmp.Diff(want, s.RuleTallies()); diff != "" {
		t.Errorf("the store's: %s", diff)
	}

	commit(t, s, edge.Entry{Word: "f", Withdraw: "b"})
	if got := profile(t, s, "6001"); len(got.Denied) != 0 || len(got.Tallies) != 1 {
		t.Errorf("after it was taken back: %+v, %+v", got.Denied, got.Tallies)
	}
	want[0].Wrong = 0
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir, func(o *Options) { o.Now = c.Now })
	if diff := cmp.Diff(want, s.RuleTallies()); diff != "" {
		t.Errorf("the store's, opened again: %s", diff)
	}
}

// TestAWrongDoesNotCompeteWithOtherWords: it holds however much is said since.
func TestAWrongDoesNotCompeteWithOtherWords(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	p := maya(t, s)
	say := func(word string, verdict edge.Verdict) {
		id := newID()
		commit(t, s, edge.Entry{Prompt: prompted(p, id)})
		commit(t, s, verdictOf(s, word, id, "do", verdict))
		c.add(24 * time.Hour)
	}
	say("wrong", edge.VerdictWrong)
	for i := range maxVerdicts + 5 {
		say(fmt.Sprint("word-", i), edge.VerdictUsed)
	}
	got := profile(t, s, "6001")
	if len(got.Denied) != 1 || got.Denied[0].SKU != "oat" {
		t.Errorf("denied: %+v", got.Denied)
	}
	if len(got.Tallies) != 2 && len(got.Tallies) != 1 || got.Tallies[0].Used != maxVerdicts || got.Tallies[0].Wrong != 1 {
		t.Errorf("tallies: %+v", got.Tallies)
	}
}

// TestWhatSpokeLongAgoIsStillCounted: a rule that speaks once ever is known to have spoken when many others have since.
func TestWhatSpokeLongAgoIsStillCounted(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	p := maya(t, s)
	for i := range maxSaid + 9 {
		c.add(time.Hour)
		prompt := edge.Prompt{ID: newID(), Customer: p.Customer.Ref, Ask: &edge.Line{Text: "?", Rule: fmt.Sprint("ask-", i)}}
		prompt.Who.Rule = "hello#1"
		commit(t, s, edge.Entry{Prompt: &prompt})
	}
	got := profile(t, s, "6001")
	if len(got.Said) != maxSaid || len(got.Tallies) != 10 || got.Tallies[0] != (edge.Tally{Rule: "ask-0", Shown: 1}) {
		t.Errorf("%d said, tallies %+v", len(got.Said), got.Tallies)
	}
	if got.Said[0].Rule != "hello#1" && got.Said[1].Rule != "hello#1" {
		t.Errorf("the greeting is not among what was said: %+v", got.Said[:2])
	}
}

// TestAFactThatIsWrongIsDenied: by its id and kind, though it is closed.
func TestAFactThatIsWrongIsDenied(t *testing.T) {
	s := openStore(t, t.TempDir())
	p := maya(t, s)
	id := newID()
	commit(t, s, edge.Entry{Prompt: prompted(p, id)})
	entry := verdictOf(s, "a", id, "remember", edge.VerdictWrong)
	entry.Close = &edge.CloseFact{ID: p.Facts[0].ID, At: s.opt.Now()}
	commit(t, s, entry)
	got := profile(t, s, "6001")
	if len(got.Facts) != 0 || len(got.Denied) != 1 || got.Denied[0].Fact != p.Facts[0].ID || got.Denied[0].Kind != edge.FactInterest {
		t.Errorf("facts %+v, denied %+v", got.Facts, got.Denied)
	}
}

// TestWhatWasHeldBackWasNotSaid: it counts nowhere as shown.
func TestWhatWasHeldBackWasNotSaid(t *testing.T) {
	s := openStore(t, t.TempDir())
	p := maya(t, s)
	prompt := prompted(p, newID())
	prompt.Held = true
	commit(t, s, edge.Entry{Prompt: prompt, Outcome: &edge.Outcome{Word: prompt.ID, Prompt: prompt.ID, Kind: string(edge.GroupControl), At: s.opt.Now()}})
	got := profile(t, s, "6001")
	if len(got.Said) != 0 || !got.Facts[0].Shown.IsZero() || len(s.RuleTallies()) != 0 {
		t.Errorf("said %+v, shown %v, tallies %+v", got.Said, got.Facts[0].Shown, s.RuleTallies())
	}
	if counts, err := s.Counts(t.Context(), s.opt.Now()); err != nil || counts.Prompts != 0 {
		t.Errorf("counts %+v %v", counts, err)
	}
	if n := count(t, s, `SELECT count(*) FROM outcomes WHERE kind = 'control'`); n != 1 {
		t.Errorf("%d outcomes", n)
	}
}

// TestAWrongIsKeptAsLongAsAWord: the prompts that it was said of go a year later than others.
func TestAWrongIsKeptAsLongAsAWord(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	p := maya(t, s)
	wrong, plain := newID(), newID()
	commit(t, s, edge.Entry{Prompt: prompted(p, wrong)}, edge.Entry{Prompt: prompted(p, plain)})
	commit(t, s, verdictOf(s, "a", wrong, "do", edge.VerdictWrong), verdictOf(s, "b", plain, "do", edge.VerdictUsed))
	left := func() int {
		for range 2 * len(sweeps) {
			if err := s.Upkeep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return count(t, s, `SELECT count(*) FROM prompts`)
	}
	c.add(promptsKept + time.Hour)
	if n := left(); n != 1 {
		t.Errorf("%d prompts are left after a season, want 1", n)
	}
	c.add(wordsKept)
	if n := left(); n != 0 {
		t.Errorf("%d prompts are left after a year, want none", n)
	}
}

// TestOldVerdictsOfARuleFade: a year of no halves away before a new word counts.
func TestOldVerdictsOfARuleFade(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	p := maya(t, s)
	say := func(word string) {
		id := newID()
		commit(t, s, edge.Entry{Prompt: prompted(p, id)})
		commit(t, s, verdictOf(s, word, id, "do", edge.VerdictNotNow))
	}
	for i := range 4 {
		say(string(rune('a' + i)))
	}
	c.add(edge.TallyHalf)
	say("later")
	for _, tally := range s.RuleTallies() {
		if tally.Rule == "do-usual" && tally.NotNow != 3 {
			t.Errorf("not now %d times, want half of four and one", tally.NotNow)
		}
	}
}
