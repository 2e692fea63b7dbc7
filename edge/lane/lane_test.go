// SPDX-License-Identifier: Apache-2.0

package lane_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/lane"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Customers of the tests; nobody is a stranger.
const (
	nobody edge.CustomerRef = 0
	maya   edge.CustomerRef = 1
	omar   edge.CustomerRef = 2
)

// step is one input and the effects that it must have, as words: "greet 1 at 7", "visit 2 of 7", "clear cancelled".
type step struct {
	in   any
	want string
}

// told is a till's event in a script.
type told struct {
	kind     edge.EventType
	checkout string
	customer edge.CustomerRef
	late     bool
	retained bool
	ago      time.Duration // the till's time before the box's
}

func card(who edge.CustomerRef, checkout ...string) told {
	return told{kind: edge.LoyaltyPresented, customer: who, checkout: strings.Join(checkout, "")}
}

func takenBack(checkout ...string) told {
	return told{kind: edge.LoyaltyRemoved, checkout: strings.Join(checkout, "")}
}
func started(id string) told   { return told{kind: edge.CheckoutStarted, checkout: id} }
func item(id string) told      { return told{kind: edge.CheckoutItem, checkout: id} }
func suspended(id string) told { return told{kind: edge.CheckoutSuspended, checkout: id} }
func resumed(id string) told   { return told{kind: edge.CheckoutResumed, checkout: id} }
func completed(id string) told { return told{kind: edge.CheckoutCompleted, checkout: id} }
func cancelled(id string) told { return told{kind: edge.CheckoutCancelled, checkout: id} }
func late(t told) told         { t.late, t.ago = true, 30*time.Second; return t }
func ago(d time.Duration, t told) told {
	t.late, t.ago = true, d
	return t
}
func old(t told) told      { t.late, t.ago = true, 3*time.Hour; return t }
func retained(t told) told { t.retained, t.ago = true, 3*time.Hour; return t }

// wait lets time pass; a Tick comes at its end.
type wait time.Duration

// undo takes back the prompt of that number, counted from 1; pause and forget are what they say.
type (
	undo   int
	pause  int
	forget edge.CustomerRef
)

// anew says that somebody is to be shown as who she is known to be now.
type anew edge.CustomerRef

// joined says that two customers are one.
type joined struct{ from, into edge.CustomerRef }

// recognised says who a prompt of that number, counted from 1, was for.
type recognised struct {
	prompt   int
	customer edge.CustomerRef
}

// player plays a script.
type player struct {
	state   lane.State
	now     time.Time
	events  int
	prompts []string
}

func (p *player) play(in any) []lane.Effect {
	p.now = p.now.Add(time.Second)
	p.events++
	next := fmt.Sprintf("prompt-%d", p.events)
	var move lane.Input
	switch in := in.(type) {
	case told:
		move = lane.Till{
			Event: edge.Event{
				ID: fmt.Sprintf("event-%d", p.events), Type: in.kind, Checkout: in.checkout, Time: p.now.Add(-in.ago),
				Retained: in.retained,
			},
			Customer: in.customer, Prompt: next, Late: in.late, Delay: in.ago, At: p.now,
		}
	case wait:
		p.now = p.now.Add(time.Duration(in))
		move = lane.Tick{At: p.now}
	case undo:
		move = lane.Undo{Prompt: p.prompts[in-1], NewPrompt: next, At: p.now}
	case pause:
		move = lane.Pause{Minutes: int(in), At: p.now}
	case joined:
		move = lane.Joined{From: in.from, Into: in.into, At: p.now}
	case anew:
		move = lane.Anew{Customer: edge.CustomerRef(in), Prompt: next, At: p.now}
	case recognised:
		move = lane.Recognised{Prompt: p.prompts[in.prompt-1], Customer: in.customer, At: p.now}
	case forget:
		move = lane.Forgotten{Customer: edge.CustomerRef(in), At: p.now}
	}
	var effects []lane.Effect
	p.state, effects = p.state.Step(move, lane.Timing{})
	for _, each := range effects {
		if g, ok := each.(lane.Greet); ok {
			p.prompts = append(p.prompts, g.Prompt)
		}
	}
	return effects
}

func words(effects []lane.Effect) string {
	var all []string
	for _, each := range effects {
		switch e := each.(type) {
		case lane.Greet:
			all = append(all, strings.TrimSuffix(fmt.Sprintf("greet %d at %s", e.Customer, e.Checkout), " at "))
		case lane.Farewell:
			all = append(all, fmt.Sprintf("farewell %d", e.Customer))
		case lane.Clear:
			all = append(all, "clear "+string(e.Reason))
		case lane.Idle:
			all = append(all, "idle")
		case lane.Visit:
			all = append(all, fmt.Sprintf("visit %d of %s", e.Customer, e.Checkout))
		case lane.Attach:
			all = append(all, fmt.Sprintf("attach %d to %s", e.Customer, e.Checkout))
		}
	}
	return strings.Join(all, ", ")
}

// A till's clock may be a year behind; how long an event was under way does not depend on it.
func TestVisitIsTimedByTheBoxLessTheDelay(t *testing.T) {
	event := edge.Event{Type: edge.CheckoutCompleted, Checkout: "7", Time: noon.AddDate(-1, 0, 0), Items: []edge.Item{{SKU: "1"}}}
	for _, late := range []bool{false, true} {
		_, effects := lane.State{}.Step(lane.Till{Event: event, Late: late, Delay: 11 * time.Second, At: noon}, lane.Timing{})
		want := noon
		if late {
			want = noon.Add(-11 * time.Second)
		}
		visit, ok := effects[0].(lane.Visit)
		if !ok || !visit.At.Equal(want) || len(visit.Items) != 1 {
			t.Errorf("late %v: %+v, want a visit at %v with its items", late, effects[0], want)
		}
	}
}

func TestDeadlineIsWhenSomethingHappens(t *testing.T) {
	p := &player{now: noon}
	if got := p.state.Deadline(); !got.IsZero() {
		t.Fatalf("an idle lane waits for %v", got)
	}
	for _, in := range []any{card(maya), started("7"), completed("7"), pause(3)} {
		p.play(in)
		deadline := p.state.Deadline()
		if !deadline.After(p.now) {
			t.Fatalf("after %+v: deadline %v is not after %v", in, deadline, p.now)
		}
		if _, before := p.state.Step(lane.Tick{At: deadline.Add(-time.Nanosecond)}, lane.Timing{}); len(before) > 0 {
			t.Errorf("after %+v: before the deadline: %s", in, words(before))
		}
		if _, then := p.state.Step(lane.Tick{At: deadline}, lane.Timing{}); len(then) == 0 {
			t.Errorf("after %+v: nothing happens at the deadline", in)
		}
	}
}

func TestCurrentIsWhatTheScreenShows(t *testing.T) {
	for _, test := range []struct {
		steps []any
		want  string
	}{
		{nil, "idle"},
		{[]any{card(maya)}, "greet 1"},
		{[]any{card(maya, "7")}, "greet 1 at 7"},
		{[]any{card(maya, "7"), wait(3 * time.Minute)}, "clear expired"},
		{[]any{card(maya, "7"), completed("7")}, "farewell 1"},
		{[]any{card(maya, "7"), pause(3)}, "clear paused"},
		{[]any{pause(3)}, "clear paused"},
		{[]any{card(maya, "7"), pause(3), completed("7")}, "clear paused"},
		{[]any{card(maya, "7"), pause(3), started("8"), pause(0)}, "greet 0 at 8"},
	} {
		p := &player{now: noon}
		for _, each := range test.steps {
			p.play(each)
		}
		if got := words([]lane.Effect{p.state.Current()}); got != test.want {
			t.Errorf("after %+v: %q, want %q", test.steps, got, test.want)
		}
	}
}
