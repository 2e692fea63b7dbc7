// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"strconv"
	"time"
)

// Change is one thing that head office tells a store. Exactly one of the pointers is set, by Kind.
//
// To a store that begins anew a customer comes with her latest visits, the newest first: the box learns from them, and
// never tells them itself.
type Change struct {
	Kind ChangeKind `json:"kind"`

	Erasure  *Erasure       `json:"erasure,omitempty"`
	Keys     *ChainKeys     `json:"keys,omitempty"`
	Customer *CustomerState `json:"customer,omitempty"`
	Fact     *FactState     `json:"fact,omitempty"`
	Playbook *Published     `json:"playbook,omitempty"`
	Settings *Settings      `json:"settings,omitempty"`
	Event    *Relayed       `json:"event,omitempty"`

	Visits []VisitState `json:"visits,omitempty"` // only beside Customer
}

// ChangeKind says what a change tells.
type ChangeKind string

// The kinds of change.
const (
	ChangeErasure  ChangeKind = "erasure"
	ChangeKeys     ChangeKind = "keys"
	ChangeCustomer ChangeKind = "customer"
	ChangeFact     ChangeKind = "fact"
	ChangePlaybook ChangeKind = "playbook"
	ChangeSettings ChangeKind = "settings"
	ChangeEvent    ChangeKind = "event"
)

// Page is what one question for changes brings: erasures first, and where to ask from next.
type Page struct {
	Changes []Change
	Cursor  string // opaque; from it the next page begins
	More    bool   // there is more to be had at once

	// From is the cursor that was asked with, where whoever applies the page is to make sure that it still stands there; it
	// does not travel.
	From *string
}

// Erasure is the order to forget one customer everywhere. It holds nothing that finds her but tombstones.
type Erasure struct {
	ID         string    `json:"id"` // UUIDv7
	At         time.Time `json:"at"`
	Stamp      Stamp     `json:"stamp"`                // new consent after it lifts it
	Customers  []string  `json:"customers,omitempty"`  // her ids, as far as whoever ordered it knew them
	Tombstones [][]byte  `json:"tombstones,omitempty"` // of her identifiers, under the chain's tombstone key
	Chained    bool      `json:"chained,omitempty"`    // one is of the value of the chain's own id of hers: who has another one is not meant
}

// Receipt says that a box has applied an erasure.
type Receipt struct {
	Erasure string    `json:"erasure"`
	At      time.Time `json:"at"`
	Found   bool      `json:"found"` // she was there
}

// Order is what a box sends before anything else, and without regard to hours: an erasure that was ordered in the store,
// or the receipt of one.
type Order struct {
	Erasure *Erasure `json:"erasure,omitempty"`
	Receipt *Receipt `json:"receipt,omitempty"`
}

// ID is the order's id in the box's own list.
func (o Order) ID() string {
	if o.Erasure != nil {
		return "erasure " + o.Erasure.ID
	}
	if o.Receipt != nil {
		return "receipt " + o.Receipt.Erasure
	}
	return ""
}

// Key is a secret key with its id.
type Key struct {
	ID  uint32 `json:"id"`
	Key []byte `json:"key"` // 32 bytes
}

// ChainKeys are what all boxes of a chain share. Identifiers are hashed under the first of Identifiers, and looked for
// under all. Elsewhere are the keys of boxes that worked alone once: whoever forgets a customer makes tombstones under
// them too, since those boxes may still hold her under theirs.
type ChainKeys struct {
	Identifiers []Key  `json:"identifiers"`
	Tombstone   []byte `json:"tombstone"` // 32 bytes
	Elsewhere   []Key  `json:"elsewhere,omitempty"`
	Playbook    []byte `json:"playbook"` // Ed25519 public key that playbooks are signed with
}

// Published is a playbook from head office.
type Published struct {
	Version   int    `json:"version"`
	Body      []byte `json:"body"`      // the file; empty: the one that is built in
	Signature []byte `json:"signature"` // Ed25519 of Message
}

// Message is what is signed.
func (p Published) Message() []byte {
	return append([]byte("redbench playbook "+strconv.Itoa(p.Version)+"\n"), p.Body...)
}

// Settings are what head office sets for a store.
type Settings struct {
	Version  int  `json:"version"`             // rises with each change
	Silent   bool `json:"silent,omitempty"`    // no prompts
	LockDays int  `json:"lock_days,omitempty"` // profiles are locked when erasures were not asked for this long; 0: as configured
}

// Relayed is an event that a vendor told head office of, for one of this store's lanes.
type Relayed struct {
	ID      string `json:"id"` // UUIDv7 of the relay; the event has an id of its own
	Lane    string `json:"lane"`
	Payload []byte `json:"payload"`             // CloudEvents JSON, as a till of the lane would have published it
	Waited  int64  `json:"waited_ms,omitempty"` // how long it has been on its way so far, whatever the clocks say
}

// Applied is what became of a page.
type Applied struct {
	Forgotten []CustomerRef // to be taken off the lanes
	Changed   []CustomerRef // whose profile is another now
	Joined    []Joined      // of whom a lane may hold a number that is gone
	Playbook  *Published    // a new one, not yet tried
	Settings  *Settings
	Keys      *ChainKeys
	Relayed   bool // there are events to be taken to their lanes
}

// Joined is a customer whom head office knows to be another one of this box: all that was From's is Into's.
type Joined struct{ From, Into CustomerRef }

// Found is what head office knows of a card that a box never met.
type Found struct {
	Customer CustomerState `json:"customer"`
	Facts    []FactState   `json:"facts,omitempty"`
	Visits   []VisitState  `json:"visits,omitempty"` // the latest, newest first
}
