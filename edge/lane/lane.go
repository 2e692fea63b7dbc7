// SPDX-License-Identifier: Apache-2.0

// Package lane decides who stands at a till: one customer at a time, and nothing of one customer is ever shown to the
// next. It is a pure state machine. A [State] takes an [Input] (a till's event, a tick of the clock, a cashier's word)
// and gives the next state and the [Effect]s that the rest of the box carries out, in order.
//
// A checkout's number is its name only for a while, for tills count anew each day. What left the lane is known again by
// its number until it is too old; moments are the box's, less the delay of what came late.
//
// Order is the order of arrival. A till publishes its checkouts on one topic, so these arrive as they happened; a card
// comes on another topic and may overtake them. Late events (and retained ones) move the lane where they do not
// contradict what is fresh, and record visits, but put nobody on a screen.
package lane

import (
	"time"

	"redbench/edge"
)

// Phase is where a lane stands.
type Phase string

// The phases. The zero State is idle.
const (
	Idling   Phase = ""         // nobody is there
	Greeted  Phase = "greeted"  // a card was shown, no checkout yet
	Serving  Phase = "serving"  // a checkout is open
	Parting  Phase = "farewell" // a checkout was completed, the farewell is on the screen
	maxPark        = 16
	maxDone        = 32
	maxPause       = 24 * time.Hour
)

// State is all that a lane knows, at rest too: no name and no identifier, only references and ids. A State is a value:
// Step gives a new one and leaves the old as it was.
type State struct {
	Phase    Phase     `json:"phase,omitempty"`
	Checkout string    `json:"checkout,omitempty"` // serving: the open one; farewell: the one just completed
	Begun    time.Time `json:"begun,omitzero"`     // serving: the till's time of the event that opened it
	Heard    time.Time `json:"heard,omitzero"`     // serving: when it was last heard of
	Until    time.Time `json:"until,omitzero"`     // when the phase ends by itself
	Late     bool      `json:"late,omitempty"`     // what is known of the present came late
	Holder   Holder    `json:"holder,omitzero"`
	Previous *Holder   `json:"previous,omitempty"` // whom Holder replaced; an undo brings her back
	Loose    time.Time `json:"loose,omitzero"`     // serving: when Holder came, if she may be the next checkout's
	Shown    time.Time `json:"shown,omitzero"`     // Holder's prompt is on the screen until then; zero: it is not
	Paused   time.Time `json:"paused,omitzero"`    // no prompts until then
	Withheld Withheld  `json:"withheld,omitzero"`  // what Holder would see, but for the pause
	Parked   []Parked  `json:"parked,omitempty"`   // checkouts that may come back, oldest first, at most 16
	Done     []Done    `json:"done,omitempty"`     // checkouts that never come back, oldest first, at most 32
}

// Holder is whoever holds the lane. The zero Holder is a stranger who was not greeted.
type Holder struct {
	Customer edge.CustomerRef `json:"customer,omitempty"`
	Prompt   string           `json:"prompt,omitempty"` // the prompt that greeted her; empty: none did
	Event    string           `json:"event,omitempty"`  // the event that caused it
	Carded   bool             `json:"carded,omitempty"` // a card was shown, be it a stranger's
	Late     bool             `json:"late,omitempty"`   // the card came late
	Told     time.Time        `json:"told,omitzero"`    // the till's time of the card
}

// Withheld is a prompt that a pause keeps off the screen. If the pause ends in time, it is shown after all.
type Withheld struct {
	Prompt string    `json:"prompt,omitempty"`
	Event  string    `json:"event,omitempty"`
	Until  time.Time `json:"until,omitzero"` // zero: nothing is withheld
}

// Parked is a checkout that left the lane unfinished.
type Parked struct {
	Checkout string           `json:"checkout"`
	Customer edge.CustomerRef `json:"customer,omitempty"`
	Late     bool             `json:"late,omitempty"` // her card came late: she is not greeted when it comes back
	Why      Why              `json:"why"`
	At       time.Time        `json:"at,omitzero"` // when it was last heard of
}

// Why says how a checkout was parked.
type Why string

// The ways to be parked.
const (
	Suspended Why = "suspended"
	Abandoned Why = "abandoned" // another checkout began
	Expired   Why = "expired"   // nothing was heard of it for too long
	Unseen    Why = "unseen"    // only late events told of it
)

// Done is a finished checkout.
type Done struct {
	Checkout string    `json:"checkout"`
	Stranger bool      `json:"stranger,omitempty"` // completed by a stranger: a card may still be attached
	At       time.Time `json:"at,omitzero"`        // when it was finished
}

// Timing is how long things last. A zero field means its default.
type Timing struct {
	Card     time.Duration // a card waits this long for a checkout: 3 min
	Prompt   time.Duration // a prompt stays on the screen: 2 min
	Farewell time.Duration // a farewell stays on the screen: 8 s
	Checkout time.Duration // a checkout without events is over: 15 min
}

// orDefault fills what is zero.
func (t Timing) orDefault() Timing {
	fill := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	fill(&t.Card, 3*time.Minute)
	fill(&t.Prompt, 2*time.Minute)
	fill(&t.Farewell, 8*time.Second)
	fill(&t.Checkout, 15*time.Minute)
	return t
}

// Input is what moves a lane: [Till], [Tick], [Undo], [Pause], [Recognised], [Joined], [Anew] or [Forgotten].
type Input interface {
	when() time.Time
	apply(*move)
}

// Till is an event that a till published. Customer was looked up beforehand: [edge.Stranger] where the card is unknown,
// ambiguous, or its owner does not wish to be known. Prompt is the id to use if a prompt results.
type Till struct {
	Event    edge.Event
	Customer edge.CustomerRef
	Prompt   string
	Late     bool          // arrived so late that it must not be shown
	Delay    time.Duration // how long it was under way; a wrong clock of the till is not in it
	At       time.Time     // arrival
}

// Tick says that it is At: what is due happens.
type Tick struct{ At time.Time }

// Undo takes back the card that brought Prompt; whoever it replaced is greeted under NewPrompt.
type Undo struct {
	Prompt, NewPrompt string
	At                time.Time
}

// Pause keeps the screen empty for so many minutes, at most a day; 0 ends a pause.
type Pause struct {
	Minutes int
	At      time.Time
}

// Forgotten says that a customer is no longer known.
type Forgotten struct {
	Customer edge.CustomerRef
	At       time.Time
}

// Effect is what the box has to do: [Greet], [Farewell], [Clear], [Idle], [Visit] or [Attach].
type Effect interface{ effect() }

// Greet puts a prompt for Customer on the screen, in place of whatever is there.
type Greet struct {
	Customer edge.CustomerRef
	Prompt   string // the prompt's id
	Event    string // the event that caused it
	Checkout string // empty: none is open yet
}

// Farewell puts the farewell to Customer on the screen. Prompt is the id of the prompt that had greeted her, if any.
type Farewell struct {
	Prompt   string
	Customer edge.CustomerRef
	Checkout string
}

// Clear takes whatever is on the screen off it.
type Clear struct{ Reason edge.ClearReason }

// Idle says that nobody is at the lane.
type Idle struct{}

// Visit records a completed checkout. Its time is the box's, less the delay of an event that came late.
type Visit struct{ edge.Visit }

// Attach gives a stranger's completed checkout to the customer whose card came after it.
type Attach struct{ edge.Attach }

func (Greet) effect()    {}
func (Farewell) effect() {}
func (Clear) effect()    {}
func (Idle) effect()     {}
func (Visit) effect()    {}
func (Attach) effect()   {}
