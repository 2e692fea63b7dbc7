// SPDX-License-Identifier: Apache-2.0

package lane_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"redbench/edge"
	"redbench/edge/lane"
)

// stepper is Step, or a mutant of it.
type stepper func(lane.State, lane.Input, lane.Timing) (lane.State, []lane.Effect)

// dice is where a stream's choices come from.
type dice func(n int) int

var kinds = []edge.EventType{
	edge.LoyaltyPresented, edge.LoyaltyPresented, edge.LoyaltyPresented, edge.LoyaltyRemoved, edge.CheckoutStarted, edge.CheckoutStarted,
	edge.CheckoutItem, edge.CheckoutSuspended, edge.CheckoutResumed, edge.CheckoutCompleted, edge.CheckoutCompleted, edge.CheckoutCancelled,
}

var pauses = []time.Duration{
	0, time.Second, time.Second, 5 * time.Second, 30 * time.Second, time.Minute, 3 * time.Minute, 16 * time.Minute,
	0, time.Second, time.Second, 5 * time.Second, 30 * time.Second, time.Minute, 3 * time.Minute, night,
}

// night is long enough for every number to be another checkout's.
const night = 19 * time.Hour

// follow runs a random stream through a lane: events in any order, late, retained, of checkouts that are over, and
// cashiers' words between them. It gives the first thing that a screen must not show.
func follow(roll dice, steps int, step stepper, trace func(string, ...any)) error {
	w, now, state, prompts := newWatch(), noon, lane.State{}, []string{""}
	for i := range steps {
		pause := pauses[roll(len(pauses))]
		now = now.Add(pause)
		if pause == night {
			w.night()
		}
		for _, in := range []lane.Input{lane.Tick{At: now}, draw(roll, i, now, prompts)} {
			w.hears(in)
			var effects []lane.Effect
			state, effects = step(state, in, lane.Timing{})
			if trace != nil {
				trace("%s %s -> %s", now.Format(time.TimeOnly), brief(in), words(effects))
			}
			if err := w.counts(effects); err != nil {
				return err
			}
			for _, each := range effects {
				if greet, ok := each.(lane.Greet); ok {
					prompts = append(prompts, greet.Prompt)
				}
				if err := w.sees(in, each, now); err != nil {
					return err
				}
			}
			if err := w.holds(now); err != nil {
				return err
			}
			if i%8 != 0 {
				continue
			}
			if again, err := roundTrip(state); err != nil || again.Deadline() != state.Deadline() {
				return fmt.Errorf("state does not survive the record: %w", err)
			} else if state = again; len(state.Parked) > 16 || len(state.Done) > 32 {
				return fmt.Errorf("state grows")
			}
		}
	}
	return nil
}

func brief(in lane.Input) string {
	till, ok := in.(lane.Till)
	if !ok {
		return fmt.Sprintf("%T%+v", in, in)
	}
	e := till.Event
	return fmt.Sprintf("%s of %q, customer %d, late %v, retained %v", e.Type, e.Checkout, till.Customer, till.Late, e.Retained)
}

func draw(roll dice, i int, now time.Time, prompts []string) lane.Input {
	switch roll(20) {
	case 0:
		return lane.Forgotten{Customer: edge.CustomerRef(roll(4)), At: now}
	case 1:
		return lane.Pause{Minutes: roll(3), At: now}
	case 2:
		return lane.Undo{Prompt: prompts[len(prompts)-1], NewPrompt: fmt.Sprintf("undo-%d", i), At: now}
	}
	// Checkouts move on slowly, so that events meet open, parked and finished ones.
	id := ""
	event := edge.Event{ID: fmt.Sprintf("event-%d", i), Type: kinds[roll(len(kinds))], Time: now, Retained: roll(20) == 0}
	if n := roll(4); n > 0 || event.Type != edge.LoyaltyPresented && event.Type != edge.LoyaltyRemoved {
		id = fmt.Sprint(i/4 + max(0, n-1))
	}
	event.Checkout = id
	late, delay := roll(6) == 0, time.Duration(0)
	if late {
		delay = time.Duration(11+roll(600)) * time.Second
		event.Time = now.Add(-delay)
	}
	return lane.Till{Event: event, Customer: edge.CustomerRef(roll(4)), Prompt: fmt.Sprintf("prompt-%d", i), Late: late, Delay: delay, At: now}
}

func roundTrip(s lane.State) (lane.State, error) {
	data, err := s.Encode()
	if err != nil {
		return lane.State{}, err
	}
	return lane.Decode(data)
}

func TestNothingOfOneCustomerIsShownToTheNext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roll := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "roll") }
		if err := follow(roll, 40, lane.State.Step, t.Logf); err != nil {
			t.Fatal(err)
		}
	})
}

// mutants are lanes with one mistake each. The watch must find every one of them, or it would not find ours.
var mutants = map[string]stepper{
	"never clears": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		s, effects := s.Step(in, t)
		return s, slices.DeleteFunc(effects, func(e lane.Effect) bool { _, clear := e.(lane.Clear); return clear })
	},
	"shows late events": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		fresh := in
		if till, ok := in.(lane.Till); ok {
			till.Late, till.Event.Retained = false, false
			fresh = till
		}
		return s.Step(fresh, t)
	},
	"carries a holder into the next checkout": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		next, effects := s.Step(in, t)
		for i, each := range effects {
			if g, ok := each.(lane.Greet); ok && g.Customer == 0 && s.Holder.Customer != 0 && next.Checkout != s.Checkout {
				g.Customer = s.Holder.Customer
				effects[i], next.Holder.Customer = g, g.Customer
			}
		}
		return next, effects
	},
	"keeps the first card": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		if till, ok := in.(lane.Till); ok && till.Event.Type == edge.LoyaltyPresented && s.Holder.Customer != 0 {
			return s, nil
		}
		return s.Step(in, t)
	},
	"does not hear of forgetting": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		if _, ok := in.(lane.Forgotten); ok {
			return s, nil
		}
		return s.Step(in, t)
	},
	"does not hear of a removed card": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		if till, ok := in.(lane.Till); ok && till.Event.Type == edge.LoyaltyRemoved {
			return s, nil
		}
		return s.Step(in, t)
	},
	"confuses parked checkouts": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		s, effects := s.Step(in, t)
		s.Parked = slices.Clone(s.Parked)
		for i := range s.Parked {
			s.Parked[i].Customer = 1
		}
		return s, effects
	},
	"knows a parked checkout for ever": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		s, effects := s.Step(in, t)
		s.Parked = slices.Clone(s.Parked)
		for i := range s.Parked {
			s.Parked[i].At = noon.AddDate(9, 0, 0)
		}
		return s, effects
	},
	"knows a finished checkout for ever": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		s, effects := s.Step(in, t)
		s.Done = slices.Clone(s.Done)
		for i := range s.Done {
			s.Done[i].At = noon.AddDate(9, 0, 0)
		}
		return s, effects
	},
	"attaches whatever is finished": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		till, ok := in.(lane.Till)
		if ok && till.Event.Type == edge.LoyaltyPresented {
			s.Done = slices.Clone(s.Done)
			for i := range s.Done {
				s.Done[i].At = till.At
			}
		}
		return s.Step(in, t)
	},
	"moves whoever holds the lane on": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		if till, ok := in.(lane.Till); ok && s.Phase == lane.Serving && s.Holder.Carded {
			s.Loose = till.At
		}
		return s.Step(in, t)
	},
	"moves a card on however old it is": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		if till, ok := in.(lane.Till); ok && !s.Loose.IsZero() {
			s.Loose = till.At
		}
		return s.Step(in, t)
	},
	"has no clock": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		if _, ok := in.(lane.Tick); ok {
			return s, nil
		}
		s.Shown, s.Until = time.Time{}, time.Time{}
		return s.Step(in, t)
	},
	"says idle in a pause": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		s, effects := s.Step(in, t)
		if _, ok := in.(lane.Pause); !ok && len(effects) > 0 && s.Phase == lane.Idling {
			effects[len(effects)-1] = lane.Idle{}
		}
		return s, effects
	},
	"leaves a pause's screen behind": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		next, effects := s.Step(in, t)
		if !s.Paused.IsZero() && next.Paused.IsZero() && next.Phase != lane.Idling {
			return next, nil
		}
		return next, effects
	},
	"ends a pause with whoever came first": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		next, effects := s.Step(in, t)
		if i := len(effects) - 1; i >= 0 && !s.Paused.IsZero() && next.Previous != nil {
			if g, ok := effects[i].(lane.Greet); ok {
				g.Customer = next.Previous.Customer
				effects[i] = g
			}
		}
		return next, effects
	},
	"does not hear of a pause": func(s lane.State, in lane.Input, t lane.Timing) (lane.State, []lane.Effect) {
		if _, ok := in.(lane.Pause); ok {
			return s, nil
		}
		return s.Step(in, t)
	},
}

func TestTheWatchFindsEachMutant(t *testing.T) {
	for name, mutant := range mutants {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(2000) {
				random := rand.New(rand.NewPCG(seed, 1))
				if err := follow(random.IntN, 40, mutant, nil); err != nil {
					t.Logf("seed %d: %v", seed, err)
					return
				}
			}
			t.Error("2000 streams, and nothing was found")
		})
	}
}

func TestManyStreamsAreClean(t *testing.T) {
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(seed, 2))
		if err := follow(random.IntN, 60, lane.State.Step, nil); err != nil {
			_ = follow(rand.New(rand.NewPCG(seed, 2)).IntN, 60, lane.State.Step, t.Logf)
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}
