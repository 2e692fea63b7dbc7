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

// watch follows a lane from the outside: it sees the inputs and the effects, never the state, and tells when a customer
// stands on the screen who has no business there. It knows less than the lane, and so allows more; what it forbids is
// never right.
type watch struct {
	seen   map[string]bool                          // checkouts that any event named
	done   map[string]time.Time                     // when it was completed or cancelled
	gone   map[string]time.Time                     // when another followed it; for a while it stays away
	aside  map[string]bool                          // suspended
	owners map[string]map[edge.CustomerRef]struct{} // who ever showed a card for a checkout
	cards  map[edge.CustomerRef]bool                // showed a card, and was not forgotten since
	open   string
	waits  edge.CustomerRef // the last card without a checkout while none was open
	loose  edge.CustomerRef // the last card that told no checkout, if nothing was heard of the open one since
	came   time.Time        // when it was shown
	may    edge.CustomerRef // who may be greeted on the screen now
	before edge.CustomerRef // whom a card replaced; an undo may show her
	pause  time.Time
	now    time.Time
	owed   string // the checkout whose visit this input must bring

	shown  edge.CustomerRef // what is on the screen
	parts  string           // the checkout whose farewell it is
	until  time.Time
	greets bool
	calm   bool // the last that the screen was told is that it is paused
}

// anyOwner stands for whoever showed a card for the open checkout: one that began or came back.
const anyOwner edge.CustomerRef = -1

func newWatch() *watch {
	w := &watch{}
	w.night()
	return w
}

// night forgets the day: after it a checkout's number is another's, and nobody who showed a card then is here.
func (w *watch) night() {
	w.seen, w.aside = map[string]bool{}, map[string]bool{}
	w.gone, w.done = map[string]time.Time{}, map[string]time.Time{}
	w.owners, w.cards = map[string]map[edge.CustomerRef]struct{}{}, map[edge.CustomerRef]bool{}
	w.open, w.waits, w.loose, w.may, w.before = "", 0, 0, 0, 0
}

// again makes a number another checkout's.
func (w *watch) again(id string) {
	delete(w.done, id)
	delete(w.gone, id)
	delete(w.aside, id)
	delete(w.seen, id)
	delete(w.owners, id)
}

func (w *watch) isDone(id string) bool { return !w.done[id].IsZero() }

func (w *watch) isGone(id string) bool {
	at, gone := w.gone[id]
	return gone && w.now.Sub(at) < 15*time.Minute
}

func (w *watch) own(checkout string, who edge.CustomerRef) {
	if w.owners[checkout] == nil {
		w.owners[checkout] = map[edge.CustomerRef]struct{}{}
	}
	w.owners[checkout][who] = struct{}{}
}

// mayOwn reports whether a customer showed a card for a checkout, or one that told none and that the watch cannot place.
func (w *watch) mayOwn(checkout string, who edge.CustomerRef) bool {
	_, owns := w.owners[checkout][who]
	_, loose := w.owners[""][who]
	return who == 0 || owns || loose
}

// hears takes in an input, before its effects are looked at.
func (w *watch) hears(in lane.Input) {
	switch in := in.(type) {
	case lane.Till:
		w.till(in)
	case lane.Undo:
		if in.At.Before(w.pause) {
			w.may = anyOwner // it may have been taken back unseen
		}
	case lane.Pause:
		w.pause = in.At.Add(time.Duration(in.Minutes) * time.Minute)
	case lane.Forgotten:
		delete(w.cards, in.Customer)
		for _, each := range w.owners {
			delete(each, in.Customer)
		}
	}
}

func (w *watch) till(in lane.Till) {
	w.now, w.owed = in.At, ""
	id, fresh, moment := in.Event.Checkout, !in.Late && !in.Event.Retained, in.At.Add(-in.Delay)
	if w.isDone(id) {
		if age := moment.Sub(w.done[id]); age > time.Hour || age > 5*time.Minute && in.Event.Type == edge.CheckoutStarted {
			w.again(id)
		}
	}
	if id != "" && id == w.open {
		w.loose = 0
	}
	known := w.seen[id]
	if id != "" && in.Event.Type != edge.LoyaltyRemoved {
		w.seen[id] = true
	}
	switch in.Event.Type {
	case edge.LoyaltyPresented:
		w.card(in.Customer, id, known, fresh, in.At.Before(w.pause))
	case edge.LoyaltyRemoved:
		if fresh && (id == "" || id == w.open) {
			w.may, w.before, w.waits = 0, 0, 0
		}
	case edge.CheckoutStarted, edge.CheckoutItem, edge.CheckoutResumed:
		// An item may be the last of a checkout that another one followed; only if it shows somebody, it goes on.
		trails := in.Event.Type == edge.CheckoutItem && known
		if fresh && id != w.open && !w.isDone(id) && !trails {
			if in.Event.Type == edge.CheckoutStarted && in.At.Sub(w.came) <= 3*time.Minute {
				w.own(id, w.loose)
			}
			w.begins(id)
		}
		if !fresh || trails { // it may have come back, unseen
			delete(w.gone, id)
			delete(w.aside, id)
		}
	case edge.CheckoutSuspended, edge.CheckoutCancelled, edge.CheckoutCompleted:
		if w.open == "" && !known {
			w.own(id, w.waits)
		}
		if fresh && (id == w.open || !known) {
			w.may, w.before, w.open, w.waits = 0, 0, "", 0
		}
		if in.Event.Type == edge.CheckoutSuspended {
			w.aside[id] = true
			delete(w.gone, id)
		} else {
			w.finish(in.Event.Type, id, moment)
		}
	}
}

func (w *watch) finish(how edge.EventType, id string, moment time.Time) {
	if w.isDone(id) {
		return
	}
	w.done[id] = moment
	if how == edge.CheckoutCompleted {
		w.owed = id
	}
}

func (w *watch) card(who edge.CustomerRef, id string, known, fresh, paused bool) {
	w.cards[who] = true
	named := id
	if id == "" {
		named = w.open
	}
	w.own(named, who)
	if !fresh || paused {
		w.own(id, who) // the watch cannot see which checkout an unnamed card was for
	}
	if !fresh {
		return
	}
	switch {
	case id == "" || id == w.open:
	case known: // put aside, or over: not who is here
		return
	default:
		w.gone[w.open] = w.now
		w.open = id
	}
	if who != w.may {
		w.before = w.may
	}
	w.may = who
	if id == "" {
		w.loose, w.came = who, w.now
	}
	if w.open == "" {
		w.waits = who
	}
}

func (w *watch) begins(id string) {
	w.own(id, w.waits)
	switch {
	case w.open == "" && w.waits != 0 && w.may == w.waits && len(w.owners[id]) == 1: // her card came before the checkout
	default:
		w.gone[w.open] = w.now
		w.may, w.before = anyOwner, 0
	}
	w.open, w.waits, w.loose = id, 0, 0
	delete(w.gone, id)
	delete(w.aside, id)
}

// sees takes in an effect, and tells what is wrong with it.
func (w *watch) sees(in lane.Input, effect lane.Effect, at time.Time) error {
	wasCalm := w.calm
	switch effect.(type) {
	case lane.Greet, lane.Farewell, lane.Idle, lane.Clear:
		w.calm = effect == lane.Clear{Reason: edge.ClearPaused}
	}
	switch e := effect.(type) {
	case lane.Greet:
		w.shown, w.parts, w.greets, w.until = e.Customer, "", true, at.Add(2*time.Minute)
		return w.greeted(in, e, at, wasCalm)
	case lane.Farewell:
		w.shown, w.parts, w.greets, w.until = e.Customer, e.Checkout, false, at.Add(8*time.Second)
		w.open = ""
		if !w.mayOwn(e.Checkout, e.Customer) {
			return fmt.Errorf("farewell to %d, who never showed a card for %s", e.Customer, e.Checkout)
		}
	case lane.Idle:
		w.shown, w.parts, w.greets = 0, "", false
		w.open, w.waits, w.may, w.before = "", 0, 0, 0
	case lane.Clear:
		w.shown, w.parts, w.greets = 0, "", false
	case lane.Attach:
		if w.done[e.Checkout].IsZero() || !w.cards[e.Customer] {
			return fmt.Errorf("%s is given to %d, but it was not finished, or she showed no card", e.Checkout, e.Customer)
		}
	case lane.Visit:
		if e.Customer != 0 && !w.cards[e.Customer] {
			return fmt.Errorf("visit of %d, who never showed a card, at %s", e.Customer, e.Checkout)
		}
	}
	return nil
}

func (w *watch) greeted(in lane.Input, e lane.Greet, at time.Time, wasCalm bool) error {
	if at.Before(w.pause) {
		return fmt.Errorf("a greeting in a pause")
	}
	switch in := in.(type) {
	case lane.Till:
		if in.Late || in.Event.Retained {
			return fmt.Errorf("a late event shows %d", e.Customer)
		}
		if in.Event.Type == edge.LoyaltyPresented {
			return w.carded(in, e)
		}
		if e.Checkout != w.open {
			w.begins(e.Checkout)
		}
		w.may = anyOwner // it began, or came back: only one of its own may be there
	case lane.Undo:
		if e.Customer != w.before && !w.mayOwn(e.Checkout, e.Customer) {
			return fmt.Errorf("an undo shows %d, whom no card replaced", e.Customer)
		}
		w.may, w.before = e.Customer, w.may
	default: // the end of a pause brings what it kept away
		if !wasCalm {
			return fmt.Errorf("%T shows %d", in, e.Customer)
		}
		if e.Checkout != w.open {
			w.begins(e.Checkout)
		}
		if e.Customer != 0 && w.may != anyOwner && e.Customer != w.may {
			return fmt.Errorf("the end of a pause shows %d, but %d may be there", e.Customer, w.may)
		}
	}
	if w.may == anyOwner {
		w.may = e.Customer
		if !w.mayOwn(e.Checkout, e.Customer) {
			return fmt.Errorf("%s began and shows %d, who never showed a card for it", e.Checkout, e.Customer)
		}
	}
	return nil
}

// carded looks at a greeting that a card brought: hers, and not for a checkout that is elsewhere or over. A late event may
// have opened her checkout without the watch knowing; now it does.
func (w *watch) carded(in lane.Till, e lane.Greet) error {
	id := in.Event.Checkout
	switch {
	case e.Customer != in.Customer:
		return fmt.Errorf("%d's card shows %d", in.Customer, e.Customer)
	case id != "" && id != e.Checkout:
		return fmt.Errorf("a card for %s shows a prompt at %s", id, e.Checkout)
	case id != "" && (w.isDone(id) || w.isGone(id) || w.aside[id]):
		return fmt.Errorf("a card for %s is shown, which is over or put aside", id)
	}
	w.may, w.open = e.Customer, e.Checkout
	w.own(w.open, w.may)
	return nil
}

// holds looks at the screen after a step.
func (w *watch) holds(at time.Time) error {
	switch {
	case at.Before(w.pause) != w.calm:
		return fmt.Errorf("paused: %v, but the screen was told: %v", at.Before(w.pause), w.calm)
	case w.shown == 0:
		return nil
	case !w.cards[w.shown]:
		return fmt.Errorf("%d stands on the screen and showed no card, or is forgotten", w.shown)
	case !at.Before(w.until):
		return fmt.Errorf("%d stands on the screen beyond her time", w.shown)
	case w.greets && w.may == anyOwner && w.mayOwn(w.open, w.shown):
	case w.greets && w.shown != w.may:
		return fmt.Errorf("%d stands on the screen, but %d may be there", w.shown, w.may)
	case w.parts != "" && w.open != "" && w.open != w.parts:
		return fmt.Errorf("%d's farewell stands though %s began", w.shown, w.open)
	}
	return nil
}

// counts looks for the visit of a checkout that this input completed.
func (w *watch) counts(effects []lane.Effect) error {
	owed := w.owed
	w.owed = ""
	if owed == "" || slices.ContainsFunc(effects, func(e lane.Effect) bool { _, ok := e.(lane.Visit); return ok }) {
		return nil
	}
	return fmt.Errorf("%s was completed, and its visit is lost", owed)
}

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
