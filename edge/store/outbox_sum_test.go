// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"redbench/edge"
)

// sumsOf are the sums among records, and counted what they count, each sum once.
func sumsOf(records []edge.Record) (sums []edge.Record, counted map[string]int) {
	counted = map[string]int{}
	last := map[string]edge.Summary{}
	for _, r := range records {
		if r.Summary != nil {
			sums = append(sums, r)
			last[r.Summary.ID] = *r.Summary
		}
	}
	for _, s := range last {
		for kind, n := range s.Counts {
			counted[kind] += n
		}
	}
	return sums, counted
}

func full(s *scene, rows int64) {
	s.Helper()
	s.opt.OutboxBytes = rows * rowBytes
	if err := s.Upkeep(s.Context()); err != nil {
		s.Fatal(err)
	}
}

// TestAVisitThatIsToldTwiceIsCountedOnce, when both rows of it are summed up, or one, or the first was sent long ago.
func TestAVisitThatIsToldTwiceIsCountedOnce(t *testing.T) {
	begin := func(t *testing.T) *scene {
		s := newScene(t)
		joinChain(t, s.Store)
		s.visit("k", edge.Stranger)
		return s
	}
	attach := func(s *scene) {
		commit(s.T, s.Store, edge.Entry{Attach: &edge.Attach{Lane: "3", Checkout: "k", Customer: s.maya.Customer.Ref}})
	}
	t.Run("both", func(t *testing.T) {
		s := begin(t)
		attach(s)
		full(s, 0)
		got := s.pending(0, 0, 0)
		if sums, n := sumsOf(got); len(got) != 1 || len(sums) != 1 || n["visit"] != 1 || sums[0].Summary.Totals["EUR"] != 398 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("one", func(t *testing.T) {
		s := begin(t)
		full(s, 0)
		attach(s)
		got := s.pending(0, 0, 0)
		if _, n := sumsOf(got); n["visit"] != 1 || slices.ContainsFunc(got, func(r edge.Record) bool { return r.Visit != nil }) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("sent", func(t *testing.T) {
		s := begin(t)
		drain(t, s.Store)
		attach(s)
		full(s, 0)
		if got := s.pending(0, 0, 0); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// TestWhatWasTakenBackIsNotCounted: it would have gone as void.
func TestWhatWasTakenBackIsNotCounted(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	word := newID()
	commit(t, s.Store, edge.Entry{Word: word, Outcome: &edge.Outcome{Word: word, Prompt: s.prompt.ID, Kind: "used", At: s.clock.Now()}})
	commit(t, s.Store, edge.Entry{Word: newID(), Withdraw: word})
	full(s, 0)
	if _, n := sumsOf(s.pending(0, 0, 0)); len(n) != 0 {
		t.Errorf("counted: %v", n)
	}
}

// TestASumIsOfferedAgainAndWhatIsInItNot: a head office that was restored may have lost either.
func TestASumIsOfferedAgainAndWhatIsInItNot(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	for i := range 5 {
		s.visit(fmt.Sprint(i), edge.Stranger)
	}
	full(s, 3)
	first := drain(t, s.Store)
	_, told := sumsOf(first)
	if told["visit"] == 0 {
		t.Fatal("nothing was summed up")
	}
	s.opt.OutboxBytes = 1 << 20
	if err := s.Offer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	full(s, 0) // what was offered stays
	again := drain(t, s.Store)
	sums, n := sumsOf(again)
	if len(sums) != 1 || n["visit"] != told["visit"] || toldOf(again)["visit"]+n["visit"] != 5 {
		t.Errorf("first %v, again %v and %+v", told, n, toldOf(again))
	}
	if b, err := s.Backlog(t.Context()); err != nil || b.Summarised != told["visit"] {
		t.Errorf("%+v %v", b, err)
	}
}

// TestACopyTakesItsSumsBack: its original may have sent any of what they count.
func TestACopyTakesItsSumsBack(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	for i := range 5 {
		s.visit(fmt.Sprint(i), edge.Stranger)
	}
	original := s.pending(0, 0, 0)
	s.Store = reopen(t, s.Store)
	full(s, 3)
	got := s.pending(0, 0, 0)
	sums, _ := sumsOf(got)
	if len(sums) != 1 || sums[0].Seq != original[0].Seq || sums[0].ID == original[0].ID {
		t.Fatalf("the sum stands not where the first record was, and head office cannot tell: %+v", got)
	}
	if _, err := s.NewBox(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Store = reopen(t, s.Store) // what was read is not on its way any more
	s.visit("new", edge.Stranger)
	full(s, 0)
	b, err := s.Backlog(t.Context())
	if err != nil || !b.Offering || b.Summarised != 1 {
		t.Errorf("%+v %v", b, err)
	}
	s.opt.OutboxBytes = 1 << 20
	if err := s.Offer(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	all := drain(t, s.Store)
	if _, n := sumsOf(all); n["visit"] != 1 || toldOf(all)["visit"] != 5 {
		t.Errorf("%v and %v", n, toldOf(all))
	}
}

// TestWhatCameOfPromptsWaitsToBeTold however old it is, and goes then.
func TestWhatCameOfPromptsWaitsToBeTold(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	commit(t, s.Store, edge.Entry{Outcome: &edge.Outcome{Word: newID(), Prompt: s.prompt.ID, Kind: "seen", At: s.clock.Now()}})
	round := func() {
		for range sweeps {
			if err := s.Upkeep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.clock.add(promptsKept + time.Hour)
	round()
	if got := s.pending(0, 0, 0); len(got) != 1 || got[0].Outcome == nil {
		t.Errorf("%+v", got)
	}
	drain(t, s.Store)
	round()
	if n := count(t, s.Store, `SELECT (SELECT count(*) FROM prompts) + (SELECT count(*) FROM outcomes)`); n != 0 {
		t.Errorf("%d rows are kept for ever", n)
	}
}
