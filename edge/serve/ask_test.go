// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"redbench/edge"
)

const ninas = "6001002003006" // a card that this box has never met

// asks makes a service with a head office that answers after a while.
func asks(t *testing.T, after time.Duration, consent edge.Consent, f func(t *testing.T, b *bench)) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		store.add(mayas, "Maya", edge.ConsentRemember)
		b := newBench(t, store)
		b.service.Ask = func(ctx context.Context, id edge.Identifier) (edge.CustomerRef, error) {
			select {
			case <-time.After(after):
			case <-ctx.Done():
				return 0, ctx.Err()
			}
			if id.Value != ninas {
				return 0, edge.ErrNotFound
			}
			store.mu.Lock()
			defer store.mu.Unlock()
			return store.add(ninas, "Nina", consent), nil
		}
		f(t, b)
		b.service.Stop()
	})
}

func TestAStrangersPromptImprovesInPlace(t *testing.T) {
	asks(t, 100*time.Millisecond, edge.ConsentRemember, func(t *testing.T, b *bench) {
		b.send(card(ninas))
		want(t, "at once", b.screens.names(), []string{"-"})
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		want(t, "when head office has answered", b.screens.names(), []string{"-", "Nina"})
		first, second := b.screens.shown[0].(edge.Prompt), b.screens.shown[1].(edge.Prompt)
		want(t, "one prompt", second.ID, first.ID)
		want(t, "one cause", second.Event, first.Event)

		b.send(checkout("started", "c1"))
		b.send(completed("c1"))
		time.Sleep(2 * linger)
		synctest.Wait()
		if visits := b.store.visits(); len(visits) != 1 || visits[0].Customer == edge.Stranger {
			t.Errorf("the visit is not hers: %+v", visits)
		}
	})
}

func TestAnAnswerThatComesLateShowsNothing(t *testing.T) {
	asks(t, time.Second, edge.ConsentRemember, func(t *testing.T, b *bench) {
		b.send(card(ninas))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		want(t, "shown", b.screens.names(), []string{"-"})
	})
}

func TestAnAnswerIsNotShownToTheNextCustomer(t *testing.T) {
	asks(t, 100*time.Millisecond, edge.ConsentRemember, func(t *testing.T, b *bench) {
		b.send(card(ninas))
		b.send(card(mayas))
		time.Sleep(time.Second)
		synctest.Wait()
		want(t, "shown", b.screens.names(), []string{"-", "Maya"})
	})
}

func TestWhoSaidNoElsewhereStaysAStranger(t *testing.T) {
	asks(t, 100*time.Millisecond, edge.ConsentNone, func(t *testing.T, b *bench) {
		b.send(card(ninas))
		time.Sleep(time.Second)
		synctest.Wait()
		want(t, "shown", b.screens.names(), []string{"-"})
	})
}

func TestOnlyFreshUnknownCardsAreAskedAbout(t *testing.T) {
	asks(t, 0, edge.ConsentRemember, func(t *testing.T, b *bench) {
		asked := 0
		ask := b.service.Ask
		b.service.Ask = func(ctx context.Context, id edge.Identifier) (edge.CustomerRef, error) {
			asked++
			return ask(ctx, id)
		}
		b.send(card(mayas))
		retained := card(ninas)
		retained.retained = true
		b.send(retained)
		synctest.Wait()
		want(t, "asked", asked, 0)
	})
}

func TestAThousandUnknownCardsAreNotAThousandQuestions(t *testing.T) {
	asks(t, 200*time.Millisecond, edge.ConsentRemember, func(t *testing.T, b *bench) {
		asked := 0
		ask := b.service.Ask
		gate := make(chan struct{}, 1)
		gate <- struct{}{}
		b.service.Ask = func(ctx context.Context, id edge.Identifier) (edge.CustomerRef, error) {
			<-gate
			asked++
			gate <- struct{}{}
			return ask(ctx, id)
		}
		for range 1000 {
			b.send(card("6001009999999"))
		}
		synctest.Wait()
		want(t, "asked", asked, maxAsking)
		time.Sleep(time.Second)
	})
}

func TestSilenceTakesPromptsOffAndLearnsOn(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.send(card(mayas))
		b.service.SetSilent(true)
		if _, idle := b.screens.last().(edge.Idle); !idle {
			t.Errorf("silenced, and the screen shows %T", b.screens.last())
		}
		b.send(checkout("started", "c1"))
		b.send(completed("c1"))
		b.send(card(amirs))
		time.Sleep(2 * linger)
		synctest.Wait()
		want(t, "shown", b.screens.names(), []string{"Maya"})
		for _, shown := range b.screens.shown {
			if _, is := shown.(edge.Farewell); is {
				t.Error("a farewell was shown in the silence")
			}
		}
		want(t, "visits", len(b.store.visits()), 1)
		b.service.SetSilent(false)
		b.send(card(mayas))
		want(t, "shown after the silence", b.screens.names(), []string{"Maya", "Maya"})
	})
}

// A person merges two while one of them stands there: the screen shows who she is now, and with the merge taken back who she
// was, by the card that was shown.
func TestAMergeReachesTheScreen(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.store.add("6009", "Ada", edge.ConsentRemember)
		into := b.store.profiles[edge.Identifier{Kind: edge.KindCard, Value: "6009"}].Customer.Ref
		b.send(card(mayas))
		if n, err := b.service.Merged(t.Context(), 1, into); n != 1 || err != nil {
			t.Errorf("shown on %d lanes, %v", n, err)
		}
		want(t, "shown", b.screens.names(), []string{"Maya", "Ada"})
		if n, err := b.service.Parted(t.Context(), into, 1, []string{"1"}); n != 1 || err != nil {
			t.Errorf("shown on %d lanes, %v", n, err)
		}
		want(t, "shown", b.screens.names(), []string{"Maya", "Ada", "Maya"})
		if n, err := b.service.Parted(t.Context(), into, 1, nil); n != 1 || err != nil {
			t.Errorf("shown on %d lanes, %v", n, err)
		}
		b.send(checkout("started", "c1"))
		b.send(completed("c1"))
		time.Sleep(2 * linger)
		synctest.Wait()
		if visits := b.store.visits(); len(visits) != 1 || visits[0].Customer != 1 {
			t.Errorf("visits %+v", visits)
		}
		var cards []edge.Card
		for _, e := range b.store.entries {
			if e.Card != nil {
				cards = append(cards, *e.Card)
			}
		}
		want(t, "cards", cards, []edge.Card{{Customer: 1, Identifier: edge.Identifier{Kind: edge.KindCard, Value: mayas}, Lane: "1"},
			{Customer: 1, Lane: "1"}, {Customer: into, Lane: "1"}})
	})
}

// Two customers turn out to be one while she stands there: nothing is shown, and her visit is hers.
func TestAJoinReachesTheLane(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.send(card(mayas))
		shown := len(b.screens.shown)
		const into = 77
		b.service.Joined(1, into)
		want(t, "shown by a join", len(b.screens.shown), shown)
		time.Sleep(2 * linger)
		synctest.Wait()
		if state := string(b.store.lanes["1"].State); !strings.Contains(state, `"customer":77`) {
			t.Errorf("a restart would not know it: %s", state)
		}
		b.send(checkout("started", "c1"))
		b.send(completed("c1"))
		time.Sleep(2 * linger)
		synctest.Wait()
		if visits := b.store.visits(); len(visits) != 1 || visits[0].Customer != into {
			t.Errorf("visits %+v", visits)
		}
	})
}
