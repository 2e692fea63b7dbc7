// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"redbench/edge"
)

// prompt sends Maya's card and gives the prompt that it shows.
func (b *bench) prompt(number string) edge.Prompt {
	b.t.Helper()
	b.send(card(number))
	p, ok := b.screens.last().(edge.Prompt)
	if !ok {
		b.t.Fatalf("no prompt but %T", b.screens.last())
	}
	return p
}

func code(err error) string {
	var refusal *edge.Refusal
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestWordsAreRefusedWithACodeThatSaysWhy(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		maya, stranger, amir := b.prompt(mayas).ID, b.prompt("6001999999999").ID, b.prompt(amirs).ID
		for _, c := range []struct {
			name string
			word edge.Word
			want string
		}{
			{"no id", edge.Word{Type: edge.WordSeen, Prompt: maya}, "id"},
			{"unknown type", edge.Word{ID: "1", Type: "shout"}, "type"},
			{"unknown prompt", edge.Word{ID: "2", Type: edge.WordSeen, Prompt: "nobody's"}, "prompt"},
			{"a line that the prompt has not", edge.Word{ID: "3", Type: edge.WordFeedback, Prompt: stranger, Line: "remember", Verdict: edge.VerdictUsed}, "line"},
			{"unknown verdict", edge.Word{ID: "4", Type: edge.WordFeedback, Prompt: maya, Line: "remember", Verdict: "meh"}, "verdict"},
			{"a note about a stranger", edge.Word{ID: "5", Type: edge.WordNote, Prompt: stranger, Kind: edge.FactPraise, Text: "kind"}, "consent"},
			{"a note about one who is only recognised", edge.Word{ID: "6", Type: edge.WordNote, Prompt: amir, Kind: edge.FactPraise, Text: "kind"}, "consent"},
			{"an empty note", edge.Word{ID: "7", Type: edge.WordNote, Prompt: maya, Kind: edge.FactPraise, Text: "  "}, "text"},
			{"unknown kind", edge.Word{ID: "8", Type: edge.WordNote, Prompt: maya, Kind: "gossip", Text: "x"}, "kind"},
			{"a card number in a note", edge.Word{ID: "9", Type: edge.WordNote, Prompt: maya, Kind: edge.FactPromise, Text: "pays with 4111 1111 1111 1111"}, "card-number"},
			{"a date that is none", edge.Word{ID: "10", Type: edge.WordNote, Prompt: maya, Kind: edge.FactDate, Text: "x", Date: "31.2."}, "date"},
			{"an until that is none", edge.Word{ID: "11", Type: edge.WordNote, Prompt: maya, Kind: edge.FactDate, Text: "x", Until: "soon"}, "until"},
			{"a pause without end", edge.Word{ID: "12", Type: edge.WordPause, Minutes: 10000}, "minutes"},
			{"resolve without a fact", edge.Word{ID: "13", Type: edge.WordResolve}, "fact"},
			{"undo of nothing", edge.Word{ID: "14", Type: edge.WordUndo}, "of"},
			{"a note that is well", edge.Word{ID: "15", Type: edge.WordNote, Prompt: maya, Kind: edge.FactPraise, Text: "liked the bench", Until: "2100-01-01"}, ""},
			{"no chat needs no text", edge.Word{ID: "16", Type: edge.WordNote, Prompt: maya, Kind: edge.FactNoChat}, ""},
		} {
			if got := code(b.service.Tell(t.Context(), "1", c.word)); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
	})
}

func TestAWordHappensOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		note := edge.Word{ID: "n1", Type: edge.WordNote, Prompt: b.prompt(mayas).ID, Kind: edge.FactPraise, Text: "liked the bench"}
		for range 3 {
			if err := b.service.Tell(t.Context(), "1", note); err != nil {
				t.Fatal(err)
			}
		}
		facts := 0
		for _, e := range b.store.entries {
			if e.Fact != nil {
				facts++
			}
		}
		want(t, "facts", facts, 1)
	})
}

func TestALineCalledWrongIsSilencedAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		p := b.prompt(mayas)
		if p.Remember == nil || p.Remember.Fact != "fact-1" {
			t.Fatalf("the playbook no longer remembers the fact: %+v", p.Remember)
		}
		word := edge.Word{ID: "w1", Type: edge.WordFeedback, Prompt: p.ID, Line: "remember", Verdict: edge.VerdictWrong}
		if err := b.service.Tell(t.Context(), "1", word); err != nil {
			t.Fatal(err)
		}
		after, ok := b.screens.last().(edge.Prompt)
		if !ok || after.ID != p.ID || after.Remember != nil {
			t.Errorf("on the screen: %+v", b.screens.last())
		}
		last := b.store.entries[len(b.store.entries)-1]
		if last.Close == nil || last.Close.ID != "fact-1" {
			t.Errorf("the fact stays open: %+v", last)
		}
	})
}

func TestUndoTakesBackAReplacedCard(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.send(checkout("started", "c1"))
		b.prompt(mayas)
		wrong := b.prompt(amirs)
		if err := b.service.Tell(t.Context(), "1", edge.Word{ID: "u1", Type: edge.WordUndo, Of: wrong.ID}); err != nil {
			t.Fatal(err)
		}
		want(t, "shown", b.screens.names(), []string{"-", "Maya", "Amir", "Maya"})
		if got := code(b.service.Tell(t.Context(), "1", edge.Word{ID: "u2", Type: edge.WordUndo, Of: wrong.ID})); got != "of" {
			t.Errorf("a second undo: %q", got)
		}
	})
}

func TestPauseKeepsTheScreenEmpty(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		if err := b.service.Tell(t.Context(), "1", edge.Word{ID: "p1", Type: edge.WordPause, Minutes: 10}); err != nil {
			t.Fatal(err)
		}
		b.send(card(mayas))
		want(t, "shown while paused", b.screens.names(), []string{})
	})
}

// TestTheEndOfAPauseBringsThePromptBack: as it was, less what was called wrong; not what a second choice would say.
func TestTheEndOfAPauseBringsThePromptBack(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		p := b.prompt(mayas)
		line := slices.Sorted(maps.Keys(p.Lines()))[0]
		for _, w := range []edge.Word{
			{ID: "w1", Type: edge.WordFeedback, Prompt: p.ID, Line: line, Verdict: edge.VerdictWrong},
			{ID: "p1", Type: edge.WordPause, Minutes: 10}, {ID: "p2", Type: edge.WordPause},
		} {
			if err := b.service.Tell(t.Context(), "1", w); err != nil {
				t.Fatal(err)
			}
		}
		back, ok := b.screens.shown[len(b.screens.shown)-1].(edge.Prompt)
		if !ok || back.ID != p.ID || back.Who != p.Who {
			t.Fatalf("the end of the pause shows %+v", back)
		}
		if _, again := back.Lines()[line]; again {
			t.Errorf("the line %q was called wrong and came back", line)
		}
	})
}

func TestForgottenLeavesTheScreenAndTheMemory(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		p := b.prompt(mayas)
		if cleared := b.service.Forgotten(1); cleared != 1 {
			t.Errorf("cleared %d screens", cleared)
		}
		if !slices.Contains(b.screens.shown, edge.Shown(edge.Clear{Reason: edge.ClearForgotten})) {
			t.Errorf("the screens were told %v", b.screens.shown)
		}
		if got := code(b.service.Tell(t.Context(), "1", edge.Word{ID: "f1", Type: edge.WordSeen, Prompt: p.ID})); got != "prompt" {
			t.Errorf("a word about her prompt: %q", got)
		}
	})
}

func TestANoteKnowsWhoHeardItAndReplacesWhatItAnswers(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		started := checkout("started", "c1")
		started.data["cashier"] = "Jo"
		b.send(started)
		p := b.prompt(mayas)
		note := edge.Word{ID: "n1", Type: edge.WordNote, Prompt: p.ID, Kind: edge.FactInterest, Text: "sold the bees", Answers: "fact-1"}
		if err := b.service.Tell(t.Context(), "1", note); err != nil {
			t.Fatal(err)
		}
		last := b.store.entries[len(b.store.entries)-1]
		if last.Fact == nil || last.Fact.ToldTo != "Jo" || last.Fact.Place != "store-1" {
			t.Errorf("the fact: %+v", last.Fact)
		}
		if last.Close == nil || last.Close.ID != "fact-1" {
			t.Errorf("what it answers: %+v", last.Close)
		}
	})
}

func TestUndoWorksAfterARestart(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.send(checkout("started", "c1"))
		b.prompt(mayas)
		wrong := b.prompt(amirs)
		time.Sleep(2 * linger)
		synctest.Wait()
		again := newBench(t, b.store)
		defer again.service.Stop()
		if err := again.service.Tell(t.Context(), "1", edge.Word{ID: "u1", Type: edge.WordUndo, Of: wrong.ID}); err != nil {
			t.Fatal(err)
		}
		want(t, "shown", again.screens.names(), []string{"Maya"})
		if got := code(again.service.Tell(t.Context(), "1", edge.Word{ID: "u2", Type: edge.WordUndo, Of: "nobody's"})); got != "of" {
			t.Errorf("undo of nothing known: %q", got)
		}
	})
}

func TestTheScreenFollowsAConsentThatIsTakenBack(t *testing.T) {
	for consent, want := range map[edge.Consent]func(edge.Shown) bool{
		edge.ConsentNone: func(s edge.Shown) bool { return s == edge.Shown(edge.Clear{Reason: edge.ClearForgotten}) },
		edge.ConsentRecognise: func(s edge.Shown) bool {
			p, ok := s.(edge.Prompt)
			return ok && p.Who.Name == "Maya" && len(p.Lines()) == 0
		},
	} {
		inBubble(t, func(t *testing.T, b *bench) {
			if len(b.prompt(mayas).Lines()) == 0 {
				t.Fatal("nothing to take back")
			}
			id := edge.Identifier{Kind: edge.KindCard, Value: mayas}
			b.store.mu.Lock()
			p := b.store.profiles[id]
			p.Customer.Consent = consent
			b.store.profiles[id] = p
			b.store.mu.Unlock()
			if err := b.service.Recheck(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(b.screens.shown, want) {
				t.Errorf("%s: the screens were told %v", consent, b.screens.shown)
			}
		})
	}
}

func TestACashierIsForgottenAfterTheLongestShift(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		started := checkout("started", "c1")
		started.data["cashier"] = "Jo"
		b.send(started)
		l, err := b.service.lane("1")
		if err != nil {
			t.Fatal(err)
		}
		want(t, "on the same shift", l.toldTo(), "Jo")
		time.Sleep(longestShift + time.Minute)
		want(t, "the next day", l.toldTo(), "")
	})
}

func TestALineThatIsConfirmedRenewsItsFact(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		word := edge.Word{ID: "w1", Type: edge.WordFeedback, Prompt: b.prompt(mayas).ID, Line: "remember", Verdict: edge.VerdictConfirmed}
		if err := b.service.Tell(t.Context(), "1", word); err != nil {
			t.Fatal(err)
		}
		want(t, "renewed", b.store.entries[len(b.store.entries)-1].Renew, "fact-1")
	})
}
