// SPDX-License-Identifier: Apache-2.0

package lane_test

import (
	"fmt"
	"slices"
	"time"

	"redbench/edge"
	"redbench/edge/lane"
)

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
		if w.isDone(id) {
			return
		}
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
