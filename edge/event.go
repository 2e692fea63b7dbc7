// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"regexp"
	"time"
)

// Message is what a till published, before anybody has looked inside.
type Message struct {
	Topic    string
	Payload  []byte
	Retained bool
	Lane     string        // the lane that the publishing till proved to be, where the broker knows; else empty
	Arrived  time.Time     // by this box's clock
	Queued   bool          // it may have waited at an outside broker while this box was away
	Waited   time.Duration // how long it is known to have waited before it arrived: at head office
}

// EventType is the CloudEvents type of a till's event.
type EventType string

// The events that a till may publish.
const (
	LoyaltyPresented  EventType = "redbench.loyalty.presented"
	LoyaltyRemoved    EventType = "redbench.loyalty.removed"
	CheckoutStarted   EventType = "redbench.checkout.started"
	CheckoutItem      EventType = "redbench.checkout.item"
	CheckoutSuspended EventType = "redbench.checkout.suspended"
	CheckoutResumed   EventType = "redbench.checkout.resumed"
	CheckoutCompleted EventType = "redbench.checkout.completed"
	CheckoutCancelled EventType = "redbench.checkout.cancelled"
	ShiftStarted      EventType = "redbench.shift.started"
	ShiftEnded        EventType = "redbench.shift.ended"
)

// EventTypes lists every type that a till may publish, in the order of the contract.
var EventTypes = []EventType{
	LoyaltyPresented, LoyaltyRemoved,
	CheckoutStarted, CheckoutItem, CheckoutSuspended, CheckoutResumed, CheckoutCompleted, CheckoutCancelled,
	ShiftStarted, ShiftEnded,
}

// Event is one thing that happened at a till. Store, Source and ID together identify it; which of the fields below
// Type are set follows from Type.
type Event struct {
	ID     string    `json:"id"`
	Source string    `json:"source"`
	Store  string    `json:"store"`
	Lane   string    `json:"lane"`
	Type   EventType `json:"type"`
	Time   time.Time `json:"time"` // by the till's clock; never decides order or identity

	Identifier Identifier `json:"identifier,omitzero"` // loyalty.presented; never stored or logged in clear
	Method     string     `json:"method,omitempty"`    // loyalty.presented: tap, scan, typed
	Checkout   string     `json:"checkout,omitempty"`
	Cashier    string     `json:"cashier,omitempty"`
	Item       Item       `json:"item,omitzero"` // checkout.item
	Items      []Item     `json:"items,omitempty"`
	Total      Money      `json:"total,omitzero"`
	Reason     string     `json:"reason,omitempty"`

	Retained bool      `json:"-"` // a retained message never prompts
	Arrived  time.Time `json:"-"` // by this box's clock
	Undated  bool      `json:"-"` // its till told no time: Time is when it arrived, and says nothing about its age
}

// Item is one line of a basket. A negative Quantity takes an item off again, or is a return.
type Item struct {
	SKU         string  `json:"sku"`
	Name        string  `json:"name"`
	Quantity    float64 `json:"quantity"` // pieces, or kilograms where the till weighs
	AmountMinor int64   `json:"amount_minor"`
}

// Money is an amount in minor units of an ISO 4217 currency.
type Money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// IdentifierKind says what an identifier is.
type IdentifierKind string

// The kinds of identifier that a customer can be found by. KindCustomer is the chain's own id.
const (
	KindCard     IdentifierKind = "card"
	KindPhone    IdentifierKind = "phone"
	KindEmail    IdentifierKind = "email"
	KindApp      IdentifierKind = "app"
	KindCustomer IdentifierKind = "customer"
)

// Valid reports whether k is one of the contract's kinds.
func (k IdentifierKind) Valid() bool {
	switch k {
	case KindCard, KindPhone, KindEmail, KindApp, KindCustomer:
		return true
	}
	return false
}

// Identifier is what a customer shows at the till. It travels and rests only as a keyed hash (edge/seal).
type Identifier struct {
	Kind  IdentifierKind `json:"kind"`
	Value string         `json:"value"`
}

// String hides the value, so that an identifier cannot slip into a log.
func (i Identifier) String() string { return string(i.Kind) + ":…" }

var laneName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// ValidLane reports whether name can be a lane's.
func ValidLane(name string) bool { return laneName.MatchString(name) && name != ProbeLane }

// MaxLanes is how many lanes one box knows at most.
const MaxLanes = 256
