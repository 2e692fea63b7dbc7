// SPDX-License-Identifier: Apache-2.0

package edge

import "time"

// Record is one thing that a store tells head office. Exactly one of the pointers is set, by Kind; none for a void one.
type Record struct {
	Seq  uint64     // place in the box's outbox, rising
	Prev uint64     // Seq of the record before it; Seq-1 where nothing was taken out between them
	ID   string     // UUIDv7 of the record, which tells a second sending from another record with the same Seq
	Kind RecordKind //
	At   time.Time  // when it happened

	Former []string // as in Place: with the first record that head office is told by a box

	Customer *CustomerState
	Fact     *FactState
	Visit    *VisitState
	Outcome  *OutcomeState
	Summary  *Summary
}

// RecordKind says what a record tells.
type RecordKind string

// The kinds of record. What a void one told was taken back before it was sent; it keeps its place.
const (
	RecordCustomer RecordKind = "customer"
	RecordFact     RecordKind = "fact"
	RecordVisit    RecordKind = "visit"
	RecordOutcome  RecordKind = "outcome"
	RecordSummary  RecordKind = "summary"
	RecordVoid     RecordKind = "void"
)

// VisitState is a completed checkout as it travels. Told again with a customer, it was a stranger's before.
type VisitState struct {
	ID       string    `json:"id"`                 // made of what it is, so that the same visit told twice is one
	Customer string    `json:"customer,omitempty"` // id of the customer; empty: a stranger
	At       time.Time `json:"at"`
	Store    string    `json:"store,omitempty"` // on the way down: where it was
	Lane     string    `json:"lane,omitempty"`
	Checkout string    `json:"checkout,omitempty"`
	Items    []Item    `json:"items,omitempty"`
	Total    Money     `json:"total"`
}

// OutcomeState is what came of a prompt, as it travels.
type OutcomeState struct {
	ID       string    `json:"id"` // made of prompt and word
	Prompt   string    `json:"prompt"`
	Customer string    `json:"customer,omitempty"`
	Kind     string    `json:"kind"` // seen, used, not-now, wrong, confirmed; or a Group
	Line     string    `json:"line,omitempty"`
	At       time.Time `json:"at"`
}

// Summary stands for records that a full box could not keep to send one by one.
type Summary struct {
	ID     string           `json:"id"`
	From   time.Time        `json:"from"`
	To     time.Time        `json:"to"`
	Counts map[string]int   `json:"counts"`           // of each kind of record; none: it is taken back, they are told by themselves
	Totals map[string]int64 `json:"totals,omitempty"` // of the visits among them, minor units by currency
}

// Backlog is what waits to be sent.
type Backlog struct {
	Records    int       `json:"records"`
	Bytes      int64     `json:"bytes"`                // about, as it rests
	Oldest     time.Time `json:"oldest,omitzero"`      // zero: nothing waits
	Orders     int       `json:"orders,omitempty"`     // erasures and receipts, which do not wait for the hours
	Summarised int       `json:"summarised,omitempty"` // records, ever, that were told as a sum because the outbox was full
	Offering   bool      `json:"offering,omitempty"`   // everything that the box holds is being put into the outbox
}

// Place is where a box's outbox stands.
type Place struct {
	Box   string // UUIDv7 of this outbox; a restored or cloned box takes another
	Acked uint64 // what head office is known to have
	Last  uint64 // the last Seq that was given out

	Former []string // boxes that this one was and gave up, the latest last: whoever speaks as one of them is an older copy
}

// MaxFormer is how many former boxes are remembered.
const MaxFormer = 16
