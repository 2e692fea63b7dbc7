// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/guard"
)

const mayas, amirs = "6001002003004", "6001002003005"

// inBubble runs a test on a clock that only moves when everybody waits.
func inBubble(t *testing.T, f func(t *testing.T, b *bench)) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		store.add(mayas, "Maya", edge.ConsentRemember, edge.Fact{ID: "fact-1", Kind: edge.FactInterest, Text: "keeps bees", At: time.Now()})
		store.add(amirs, "Amir", edge.ConsentRecognise)
		b := newBench(t, store)
		f(t, b)
		b.service.Stop()
	})
}

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestScreenDoesNotWaitForTheDiskButTheAcknowledgementDoes(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.store.gate = make(chan struct{})
		answer := b.send(card(mayas))
		want(t, "shown before the commit", b.screens.names(), []string{"Maya"})
		synctest.Wait()
		if err := answer(); !errors.Is(err, errWaiting) {
			t.Errorf("answered %v before the commit", err)
		}
		close(b.store.gate)
		time.Sleep(linger) // of the bubble's clock: the writer lingers for company
		synctest.Wait()
		if err := answer(); err != nil {
			t.Errorf("after the commit: %v", err)
		}
	})
}

// Whoever does heavy work in the box asks when the last card came. What else a till tells is none.
func TestTheLastCardIsKnown(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.send(checkout("started", "k1"))
		if at := b.service.LastCard(); !at.IsZero() {
			t.Errorf("a card came at %v before any did", at)
		}
		time.Sleep(time.Second)
		b.send(card(mayas))
		want(t, "the last card", b.service.LastCard(), time.Now())
	})
}

func TestManyEntriesBecomeOneTransaction(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		for i := range 50 {
			b.send(checkout("started", fmt.Sprint("c", i)))
		}
		time.Sleep(2 * linger)
		synctest.Wait()
		if b.store.batches != 1 {
			t.Errorf("%d transactions for 50 events that came together", b.store.batches)
		}
	})
}

func TestRedeliveryChangesNothing(t *testing.T) {
	for _, at := range []string{"while the first copy is under way", "when the first copy rests"} {
		t.Run(at, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				e := card(mayas)
				e.id, e.time = "same", time.Now()
				first := b.send(e)
				if at == "when the first copy rests" {
					time.Sleep(2 * linger)
					synctest.Wait()
				}
				second := b.send(e)
				time.Sleep(2 * linger)
				synctest.Wait()
				want(t, "shown", b.screens.names(), []string{"Maya"})
				if err := errors.Join(first(), second()); err != nil {
					t.Errorf("answers: %v", err)
				}
			})
		})
	}
}

func TestABrokenDiskLosesNothingAndAcknowledgesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.store.setFail(errors.New("disk full"))
		e := completed("c1")
		e.id, e.time = "same", time.Now()
		first, second := b.send(e), b.send(e)
		time.Sleep(10 * tryAgain)
		synctest.Wait()
		if !errors.Is(first(), errWaiting) || !errors.Is(second(), errWaiting) || b.service.Err() == nil {
			t.Fatalf("answers %v, %v; error %v", first(), second(), b.service.Err())
		}
		b.store.setFail(nil)
		time.Sleep(2 * tryAgain)
		synctest.Wait()
		if err := errors.Join(first(), second(), b.service.Err()); err != nil {
			t.Fatal(err)
		}
		want(t, "visits", len(b.store.visits()), 1)
	})
}

func TestStopOnABrokenDiskLeavesTillsUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newFakeStore())
		b.store.setFail(errors.New("disk full"))
		answer := b.send(completed("c1"))
		b.service.Stop()
		if err := answer(); err == nil || errors.Is(err, errWaiting) {
			t.Errorf("answer: %v", err)
		}
	})
}

func TestSameIDWithAnotherBodyIsAConflict(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		e := card(mayas)
		e.id, e.time = "same", time.Now()
		b.send(e)
		e.data = card(amirs).data
		answer := b.send(e)
		time.Sleep(2 * linger)
		synctest.Wait()
		want(t, "shown", b.screens.names(), []string{"Maya"})
		if err := answer(); err != nil {
			t.Errorf("a conflict blocks the queue: %v", err)
		}
		refused := b.store.refused()
		if len(refused) != 1 || refused[0].Reason != "conflict" {
			t.Errorf("quarantine: %+v", refused)
		}
	})
}

func TestRefusedEventsRestInQuarantine(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		bad := b.receive(edge.Message{Topic: "redbench/v1/store-1/1/loyalty", Payload: []byte("{"), Arrived: time.Now()})
		pan := card("4111 1111 1111 1111")
		planted := b.send(pan)
		good := b.send(card(mayas))
		time.Sleep(2 * linger)
		synctest.Wait()
		if err := errors.Join(bad(), planted(), good()); err != nil {
			t.Errorf("a refused event blocks the queue: %v", err)
		}
		want(t, "shown", b.screens.names(), []string{"Maya"})
		refused := b.store.refused()
		reasons := []string{}
		for _, r := range refused {
			reasons = append(reasons, r.Reason)
			if r.Reason == "card-number" && (len(r.Payload) > 0 || r.Topic != withheld) {
				t.Error("a payload or topic with a card number was kept")
			}
		}
		want(t, "reasons", reasons, []string{"json", "card-number"})
	})
}

func TestEntryThatCannotBeWrittenGoesToQuarantine(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.store.poison = true
		answer := b.send(completed("c1"))
		time.Sleep(4 * linger)
		synctest.Wait()
		if err := answer(); err != nil {
			t.Errorf("it would block its till for ever: %v", err)
		}
		if refused := b.store.refused(); len(refused) != 1 || refused[0].Reason != "unwritable" {
			t.Errorf("quarantine: %+v", refused)
		}
	})
}

func TestLatePromptsAreNotShown(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.send(checkout("started", "c1")) // the till's clock is right
		time.Sleep(time.Minute)
		e := card(mayas)
		e.time = time.Now().Add(-11 * time.Second)
		answer := b.send(e)
		time.Sleep(2 * linger)
		synctest.Wait()
		want(t, "shown", b.screens.names(), []string{"-"})
		if err := answer(); err != nil {
			t.Errorf("a late event is stored all the same: %v", err)
		}
	})
}

func TestAWrongClockIsNotLateness(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		e := card(mayas)
		e.time = time.Now().Add(-time.Hour)
		b.send(e)
		want(t, "shown", b.screens.names(), []string{"Maya"})
	})
}

// What is known to have waited is late though nobody has heard of its source before, and does not make the next one late.
func TestWhatWaitedElsewhereIsLate(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		old := card(mayas)
		old.source, old.time = "/webhook/shop", time.Now().Add(-time.Hour)
		msg := b.message(old)
		msg.Waited = time.Hour
		answer := b.receive(msg)
		time.Sleep(2 * linger)
		synctest.Wait()
		want(t, "shown", b.screens.names(), []string{})
		if err := answer(); err != nil {
			t.Errorf("it is stored all the same: %v", err)
		}
		fresh := card(mayas)
		fresh.source = "/webhook/shop"
		msg = b.message(fresh)
		msg.Waited = 200 * time.Millisecond
		b.receive(msg)
		want(t, "shown", b.screens.names(), []string{"Maya"})
	})
}

func TestABacklogAfterARestartIsLate(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.send(checkout("started", "c1"))
		time.Sleep(2 * linger)
		synctest.Wait()
		again := newBench(t, b.store)
		defer again.service.Stop()
		e := card(mayas)
		e.id, e.time = "queued", time.Now().Add(-10*time.Minute)
		again.send(e)
		want(t, "shown", again.screens.names(), []string{})
	})
}

func TestAClockThatWasSetBackIsBelievedAfterAWhile(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.send(checkout("started", "c0"))
		for range rebaseEvents {
			time.Sleep(10 * time.Second)
			e := card(mayas)
			e.time = time.Now().Add(-time.Hour)
			b.send(e)
		}
		if names := b.screens.names(); !slices.Contains(names, "Maya") {
			t.Errorf("shown %v: the till would never prompt again", names)
		}
	})
}

func TestABurstOfOldEventsIsNotAClock(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.send(checkout("started", "c0"))
		start := time.Now()
		for i := range 20 {
			e := card(mayas)
			e.time = start.Add(-time.Hour + time.Duration(i)*time.Millisecond)
			b.send(e)
		}
		want(t, "shown", b.screens.names(), []string{"-"})
	})
}

func TestRetainedNeverPrompts(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		e := card(mayas)
		e.retained = true
		b.send(e)
		want(t, "shown", b.screens.names(), []string{})
	})
}

func TestTimersEndWhatNobodyEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.send(card(mayas))
		b.send(checkout("started", "c1"))
		time.Sleep(61 * time.Second)
		synctest.Wait()
		want[edge.Shown](t, "after the prompt's time", b.screens.last(), edge.Clear{Reason: edge.ClearExpired})
		b.send(completed("c1"))
		if _, ok := b.screens.last().(edge.Farewell); !ok {
			t.Errorf("after completion: %T", b.screens.last())
		}
		time.Sleep(9 * time.Second)
		synctest.Wait()
		if _, ok := b.screens.last().(edge.Idle); !ok {
			t.Errorf("after the farewell: %T", b.screens.last())
		}
		visits := b.store.visits()
		if len(visits) != 1 || visits[0].Customer != 1 || visits[0].Lane != "1" {
			t.Errorf("visits: %+v", visits)
		}
	})
}

func TestACheckoutSurvivesARestart(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.send(card(mayas))
		b.send(checkout("started", "c1"))
		time.Sleep(2 * linger)
		synctest.Wait()
		again := newBench(t, b.store)
		e := completed("c1")
		e.id = "after"
		again.send(e)
		again.service.Stop()
		visits := b.store.visits()
		if len(visits) != 1 || visits[0].Customer != 1 {
			t.Errorf("the visit lost its customer: %+v", visits)
		}
	})
}

func TestStopCommitsWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		b := newBench(t, store)
		answer := b.send(completed("c1"))
		b.service.Stop()
		if err := answer(); err != nil || len(store.visits()) != 1 {
			t.Errorf("answer %v, visits %d", err, len(store.visits()))
		}
		if err := b.send(completed("c2"))(); !errors.Is(err, errStopping) {
			t.Errorf("after the stop: %v", err)
		}
	})
}

func TestTooManyLanesAreRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		for i := range edge.MaxLanes {
			if err := b.service.AddLane(fmt.Sprint("lane-", i)); err != nil {
				t.Fatal(err)
			}
		}
		answer := b.send(card(mayas))
		time.Sleep(2 * linger)
		synctest.Wait()
		if refused := b.store.refused(); answer() != nil || len(refused) != 1 || refused[0].Reason != "lanes" {
			t.Errorf("answer %v, quarantine %+v", answer(), refused)
		}
	})
}

func TestAPayloadWithACardNumberIsWithheldWhateverTheReason(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		for _, r := range []edge.Refused{
			{Reason: "conflict", Payload: []byte(`{"pan":"4111111111111111"}`)},
			{Reason: "lanes", Topic: "pos/4111111111111111/sale"},
			{Reason: "card-number"},
		} {
			if !b.service.withholds(r) {
				t.Errorf("kept: %+v", r)
			}
		}
		if b.service.withholds(edge.Refused{Reason: "conflict", Topic: "redbench/v1/store-1/1/loyalty", Payload: []byte(`{"identifier":"6001002003004"}`)}) {
			t.Error("withheld without a card number in it")
		}
	})
}

func TestAfterARestartTheSameCardGreetsAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.send(card(mayas))
		time.Sleep(2 * linger)
		synctest.Wait()
		again := newBench(t, b.store)
		defer again.service.Stop()
		e := card(mayas)
		e.id = "after"
		again.send(e)
		want(t, "shown after the restart", again.screens.names(), []string{"Maya"})
	})
}

func TestAPauseSurvivesARestartVisibly(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		if err := b.service.Tell(t.Context(), "1", edge.Word{ID: "p1", Type: edge.WordPause, Minutes: 10}); err != nil {
			t.Fatal(err)
		}
		again := newBench(t, b.store)
		defer again.service.Stop()
		want[edge.Shown](t, "on the screen", again.screens.last(), edge.Clear{Reason: edge.ClearPaused})
	})
}

func TestTheWriterNeverWaitsForItsOwnQueue(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.store.poison = true
		b.store.gate = make(chan struct{})
		answer := b.send(completed("c1")) // will fail, and be refused from the writer's own goroutine
		time.Sleep(2 * linger)
		synctest.Wait()
		for range queueLength {
			b.service.writer.put(edge.Entry{}, nil)
		}
		close(b.store.gate)
		time.Sleep(100 * linger)
		synctest.Wait()
		if err := answer(); err != nil {
			t.Errorf("answer: %v", err)
		}
	})
}

func TestStopEndsWithAFullQueueOnABrokenDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newFakeStore())
		b.store.setFail(errors.New("disk full"))
		b.send(checkout("started", "c0"))
		time.Sleep(2 * linger)
		synctest.Wait()
		for range queueLength {
			b.service.writer.put(edge.Entry{}, nil)
		}
		waiting := b.message(checkout("started", "c1"))
		go b.receive(waiting) // waits in the queue, and holds its lane
		synctest.Wait()
		b.service.Stop()
	})
}

func TestTheLongestSilentClockIsForgottenFirst(t *testing.T) {
	c, now := newClocks(nil), time.Now()
	c.observe("old", now, now)
	for i := range maxSources - 1 {
		c.observe(fmt.Sprint(i), now, now.Add(time.Second))
	}
	c.observe("one too many", now, now.Add(time.Minute))
	if _, known := c.sources["old"]; known || len(c.sources) != maxSources {
		t.Errorf("%d sources; the silent one is known: %v", len(c.sources), known)
	}
}

func TestAnUndatedEventThatMayHaveWaitedIsNotShown(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		scan := adapt.Adapter{Name: "scan", Topic: "scan/{lane}", Format: "text", Program: `{type: "redbench.loyalty.presented", data: {identifier: ., kind: "card"}}`}
		decoder, err := adapt.New(adapt.Options{Store: "store-1", Guard: guard.New([]string{"6001"}), Adapters: []adapt.Adapter{scan}})
		if err != nil {
			t.Fatal(err)
		}
		b.service.Decoder = decoder
		for _, queued := range []bool{true, false} {
			b.receive(edge.Message{Topic: "scan/" + map[bool]string{true: "1", false: "2"}[queued], Payload: []byte(mayas), Queued: queued, Arrived: time.Now()})
		}
		time.Sleep(2 * linger)
		synctest.Wait()
		want(t, "shown", b.screens.names(), []string{"Maya"})
	})
}
