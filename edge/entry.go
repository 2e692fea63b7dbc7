// SPDX-License-Identifier: Apache-2.0

package edge

import "time"

// Entry is what one cause (a till's message, a cashier's word, a timer) makes durable: all of it or nothing. The writer
// commits many entries in one transaction.
type Entry struct {
	Event    *SeenEvent   // the event, remembered so that it happens once
	Word     string       // a cashier's word's id, remembered so that it happens once
	Refused  *Refused     // instead of an event: what goes to quarantine
	Clock    *SourceClock // the till's clock, when a smaller offset was seen
	Lane     *LaneRecord  // the lane's state after this entry
	Card     *Card        // the card that the event showed, of somebody who is known
	Prompt   *Prompt      // a prompt that was chosen: its lines, for feedback and so that nothing is repeated
	Visit    *Visit       // a completed checkout, learnt from
	Attach   *Attach      // a completed checkout whose customer was told later
	Outcome  *Outcome     // a cashier's word on a prompt
	Fact     *Fact        // a new fact
	About    string       // the prompt that the fact was told under
	Close    *CloseFact   // a fact that a person resolved or withdrew
	Renew    string       // the id of a fact that was confirmed: it holds anew from now on
	Withdraw string       // the id of a word whose note or feedback is taken back
	Probe    time.Time    // instead of all else: the box's own test event came by at this moment, and leaves this alone
}

// EventKey identifies an event: a digest of store, source and id.
type EventKey [16]byte

// SeenEvent is what the box keeps of an event for 400 days.
type SeenEvent struct {
	Key  EventKey
	Body [16]byte // keyed digest of what it said, to tell a redelivery from a conflict
	Type EventType
	Lane string
	At   time.Time // arrival
}

// Card is an identifier as a customer shows it: of somebody who has those of several, it tells with whose she came. It is
// not kept. Without the identifier it tells that she stood there when she was merged: Customer is who she was.
type Card struct {
	Customer   CustomerRef
	Identifier Identifier
	Lane       string
}

// Refused is an event that could not be accepted.
type Refused struct {
	ID      string // the event's own id where it could be read, else a made-up one
	Topic   string
	Lane    string
	Reason  string // one of adapt's codes: "json", "type", "too-large", "card-number", "conflict", …
	Detail  string // what exactly, without any value from the payload
	Payload []byte // sealed at rest; empty when the guard found a card number
	Size    int    // bytes, as received
	At      time.Time
}

// SourceClock is how a till's clock stands against the box's.
type SourceClock struct {
	Source string
	Offset time.Duration // smallest arrival minus time seen
}

// LaneRecord is a lane's state at rest: no name, no identifier.
type LaneRecord struct {
	Lane  string
	State []byte // edge/lane's JSON
}

// Attach gives a stranger's completed checkout to the customer who showed her card too late.
type Attach struct {
	Lane     string
	Checkout string
	Customer CustomerRef
	After    time.Time // the visit is of this moment or later: tills use their checkouts' numbers again
}

// Outcome is what came of a prompt: that it was painted, or a verdict on one line; or which group of an experiment it was in.
type Outcome struct {
	Word   string // id of the word that brought it
	Prompt string
	Kind   string // seen, used, not-now, wrong, confirmed; or a Group
	Line   string
	At     time.Time
}

// CloseFact ends a fact.
type CloseFact struct {
	ID string
	At time.Time
}

// Quarantined is a refused event as it rests: without its payload, which only a person with the store's key opens.
type Quarantined struct {
	ID, Topic, Reason, Detail string
	Size                      int
	At                        time.Time
}

// Counts is what happened at this store since a moment, for status and for the manager's page.
type Counts struct {
	Customers   int `json:"customers"` // all that are known
	Events      int `json:"events"`
	Visits      int `json:"visits"`
	Prompts     int `json:"prompts"`      // chosen and sent to a screen
	Seen        int `json:"prompts_seen"` // painted, by a screen's word
	Notes       int `json:"notes"`
	Open        int `json:"open_facts"` // complaints and promises that nobody resolved yet
	Quarantined int `json:"quarantined"`
}

// Result says what became of an entry.
type Result int

// The results: written; already there; the same id with another body; not written for a reason of its own, while the
// entries beside it were.
const (
	Written Result = iota
	Duplicate
	Conflict
	Failed
)
