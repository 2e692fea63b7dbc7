// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// heard is what a fake broker got, and when.
type heard struct {
	lane, payload string
	at            time.Duration
}

type fakeBroker struct {
	mu    sync.Mutex
	start time.Time
	took  time.Duration // how long it takes to acknowledge
	got   []heard
	err   error
}

func (f *fakeBroker) send(_ context.Context, lane, _ string, payload []byte) error {
	time.Sleep(f.took) // in a bubble: no time passes outside
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got = append(f.got, heard{lane, string(payload), time.Since(f.start)})
	return f.err
}

func three(after ...time.Duration) []Message {
	var all []Message
	for i, a := range after {
		lane := []string{"1", "2"}[i%2]
		all = append(all, Message{After: a, Lane: lane, Topic: "t", Payload: func(now time.Time) []byte {
			return []byte(now.Format(time.RFC3339Nano))
		}})
	}
	return all
}

func TestPlayKeepsTheMomentsAtItsSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &fakeBroker{start: time.Now()}
		player := &Player{Speed: 60, Send: broker.send}
		if err := player.Play(t.Context(), slices.Values(three(0, time.Hour, 2*time.Hour))); err != nil {
			t.Fatal(err)
		}
		for i, want := range []time.Duration{0, time.Minute, 2 * time.Minute} {
			if broker.got[i].at != want {
				t.Errorf("message %d went at %s, want %s", i, broker.got[i].at, want)
			}
		}
		if c := player.Counts(); c.Sent != 3 || c.Lanes["1"] != 2 || c.Failed != 0 {
			t.Errorf("counts %+v", c)
		}
	})
}

func TestPlayAtARate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &fakeBroker{start: time.Now()}
		player := &Player{Every: 20 * time.Millisecond, Send: broker.send}
		if err := player.Play(t.Context(), slices.Values(three(0, time.Hour, 2*time.Hour))); err != nil {
			t.Fatal(err)
		}
		if last := broker.got[2].at; last != 40*time.Millisecond {
			t.Errorf("the third went at %s, want 40ms", last)
		}
	})
}

func TestASlowLaneHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := &fakeBroker{start: time.Now(), took: time.Second}
		player := &Player{Send: broker.send}
		if err := player.Play(t.Context(), slices.Values(three(0, 0, 0, 0))); err != nil {
			t.Fatal(err)
		}
		if last := broker.got[3].at; last != 2*time.Second {
			t.Errorf("two lanes with two messages each took %s, want 2s", last)
		}
		first, third := broker.got[0], broker.got[3]
		if first.payload != third.payload {
			t.Error("a message was stamped when the broker was free, not when it happened")
		}
	})
}

func TestPlayStopsCleanly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		broker := &fakeBroker{start: time.Now()}
		player := &Player{Speed: 1, Send: broker.send}
		if err := player.Play(ctx, slices.Values(three(0, time.Second, time.Hour))); err != nil {
			t.Errorf("a stop is no error, got %v", err)
		}
		if c := player.Counts(); c.Sent != 2 {
			t.Errorf("%d sent, want the two that were due", c.Sent)
		}
	})
}

func TestAMessageUnderWayIsFinishedAtAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		slow := func(ctx context.Context, _, _ string, _ []byte) error {
			time.Sleep(2 * time.Second)
			return ctx.Err()
		}
		player := &Player{Speed: 1, Send: slow}
		if err := player.Play(ctx, slices.Values(three(0))); err != nil {
			t.Fatal(err)
		}
		if c := player.Counts(); c.Sent != 1 || c.Failed != 0 {
			t.Errorf("the message under way was given up: %+v", c)
		}
	})
}

func TestPlayTellsTheFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broker is gone")
		player := &Player{Speed: 1, Send: (&fakeBroker{err: broken}).send}
		if err := player.Play(t.Context(), slices.Values(three(0, time.Second))); !errors.Is(err, broken) {
			t.Errorf("got %v, want the lane's error", err)
		}
	})
}

func TestWhatIsSentTwiceIsTheSame(t *testing.T) {
	event := Event{ID: "a", Source: "/till/1", Type: "redbench.shift.started", Data: Checkout{}}
	day := []Timed{
		{At: opening, Lane: "1", Event: event},
		{At: opening.Add(time.Second), Lane: "1", Event: event, Repeat: true},
	}
	var payloads []string
	now := opening
	for m := range Messages(day) {
		payloads = append(payloads, string(m.Payload(now)))
		now = now.Add(time.Second)
	}
	if payloads[0] != payloads[1] {
		t.Errorf("sent %s and then %s", payloads[0], payloads[1])
	}
}
