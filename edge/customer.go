// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"errors"
	"time"
)

// ErrNotFound says that no such customer, screen or record is known.
var ErrNotFound = errors.New("not found")

// ErrAmbiguous says that an identifier belongs to more than one customer (a household's card, a shared phone): nobody is
// named by it.
var ErrAmbiguous = errors.New("identifier belongs to more than one customer")

// ErrLocked says that this box names nobody: it has not heard for too long whom to forget.
var ErrLocked = errors.New("profiles are locked: head office was not heard for too long")

// CustomerRef names a customer inside one box; 0 is a stranger. It never leaves the box.
type CustomerRef int64

// Stranger is the reference of someone whom the record does not know, or who does not wish to be known.
const Stranger CustomerRef = 0

// Consent is what a customer allows the store to do.
type Consent string

// The levels of consent. Without any, a customer is greeted as a stranger and nothing is learnt.
const (
	ConsentNone      Consent = "none"
	ConsentRecognise Consent = "recognise" // greet by name, learn nothing
	ConsentRemember  Consent = "remember"  // greet by name, learn and use what was learnt
)

// Valid reports whether c is one of the levels.
func (c Consent) Valid() bool {
	return c == ConsentNone || c == ConsentRecognise || c == ConsentRemember
}

// Stage is how well the store knows a customer: a ceiling on familiarity, never a rank.
type Stage string

// The stages, from no record to a long and unbroken one.
const (
	StageStranger Stage = "stranger"
	StageNew      Stage = "new"
	StageFamiliar Stage = "familiar"
	StageRegular  Stage = "regular"
	StageHonoured Stage = "honoured"
)

// Stages lists the stages in rising order.
var Stages = []Stage{StageStranger, StageNew, StageFamiliar, StageRegular, StageHonoured}

// Rank gives the stage's place in Stages, or -1.
func (s Stage) Rank() int {
	for i, each := range Stages {
		if each == s {
			return i
		}
	}
	return -1
}

// Customer is a person as the store knows her.
type Customer struct {
	Ref      CustomerRef
	ID       string // UUIDv7, ours
	Name     string
	Say      string    // how to say the name: "MY-uh"
	Address  string    // how she wants to be addressed, when that is not her name
	Language string    // BCP 47; empty: the store's
	Consent  Consent   //
	Since    time.Time // when she joined, zero when unknown
}

// FactKind says what a fact is about.
type FactKind string

// The kinds of fact.
const (
	FactInterest   FactKind = "interest"
	FactPreference FactKind = "preference"
	FactPerson     FactKind = "person"
	FactDate       FactKind = "date"
	FactComplaint  FactKind = "complaint"
	FactPraise     FactKind = "praise"
	FactPromise    FactKind = "promise"
	FactAvoid      FactKind = "avoid"
	FactLimit      FactKind = "limit"
	FactNoChat     FactKind = "no-chat"
	FactNoGreeting FactKind = "no-greeting"
)

// FactKinds lists every kind of fact.
var FactKinds = []FactKind{
	FactInterest, FactPreference, FactPerson, FactDate, FactComplaint, FactPraise, FactPromise, FactAvoid, FactLimit,
	FactNoChat, FactNoGreeting,
}

// Valid reports whether k is one of FactKinds.
func (k FactKind) Valid() bool {
	for _, each := range FactKinds {
		if each == k {
			return true
		}
	}
	return false
}

// StaysOpen reports whether a fact of this kind outranks everything until a person resolves it.
func (k FactKind) StaysOpen() bool { return k == FactComplaint || k == FactPromise }

// PlaceImport is the place of a fact that came with an import: nobody knows where, or to whom, it was told.
const PlaceImport = "import"

// Fact is one thing that a customer told, or that a person noted about her, and who learned it, where and when.
type Fact struct {
	ID       string // UUIDv7
	Customer CustomerRef
	Kind     FactKind
	Text     string
	Date     string    // the day that the fact is about, YYYY-MM-DD, or empty
	Until    time.Time // when it stops to hold; zero: never
	Private  bool      // kept, never on a screen
	ToldTo   string    // the cashier it was told to, where known
	Place    string    // store and lane: where it was learned
	At       time.Time // when it was learned
	Shown    time.Time // when it last stood on a screen; zero: never
	Closed   time.Time // resolved, or withdrawn as wrong; zero: open
}

// Visit is one completed checkout.
type Visit struct {
	Customer CustomerRef // Stranger where nobody is known
	At       time.Time
	Store    string
	Lane     string
	Checkout string
	Items    []Item
	Total    Money
}

// Habit is how often one thing was in a customer's baskets, forgetting slowly (edge/memory).
type Habit struct {
	SKU   string
	Name  string
	P     float64 // share of her recent baskets with it, 0 to 1, decayed per basket
	Today float64 // chance that she takes it at a visit now, as it was foretold; 0: nothing was, and P stands in
	Times int     // baskets that held it
	Last  time.Time
}

// Chance is how probable it is that she takes the thing now.
func (h Habit) Chance() float64 {
	if h.Today > 0 {
		return h.Today
	}
	return h.P
}

// LastVisit is what the record says of her latest checkout.
type LastVisit struct {
	At    time.Time
	Store string
	Lane  string
	Items []Item // up to eight, the order of the receipt
}

// Profile is all that one tap reads: the customer, her open facts that may be shown, and what her visits say.
type Profile struct {
	Customer Customer
	Facts    []Fact // open, not private, newest first
	Visits   int    // completed checkouts
	First    time.Time
	Gap      time.Duration // mean time between visits; 0 below three visits
	Usual    []Habit       // what she may take now, the most probable first, up to eight
	Last     LastVisit
	Rhythm   Rhythm   // of her visits
	NextGap  NextGap  // how long her next visit takes to come, as the store foretells it
	Standing Standing // the stage that her visits have earned
	Said     []Said   // what her last prompts said, newest first, so that nothing is repeated visit after visit

	Tallies []Tally  // what became of each rule with her: what is refused rests
	Denied  []Denied // what was called wrong, newest first, so that it is not named again
}

// Tap is what one look at the record tells of a card on the till.
type Tap struct {
	Seen    bool     // the event came before
	Body    [16]byte // what it said then
	Profile Profile  // of the customer; empty where Unknown is set, or Seen
	Unknown error    // why nobody is named: ErrNotFound, ErrAmbiguous, or a record that is damaged
}

// Said is one line of an earlier prompt: the rule that chose it and the fact or thing it used.
type Said struct {
	Rule string    `json:"rule"`
	Fact string    `json:"fact,omitempty"`
	At   time.Time `json:"at"`
}
