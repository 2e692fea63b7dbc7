// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"fmt"
	"time"
)

// CustomerRow is one row of `import customers`: one customer with at most one identifier. Several rows may name the
// same Chain id with different identifiers. An empty field says nothing, and changes nothing.
type CustomerRow struct {
	Line int   // where it begins in its file, from 1
	Read int64 // bytes of the file read so far, for a progress bar

	Chain      string // the chain's own id of the customer; empty: the identifier is the customer
	Identifier Identifier
	Name       string
	Say        string
	Address    string
	Language   string
	Consent    Consent
	Since      time.Time
	Facts      []FactText
}

// FactText is a fact as a file has it.
type FactText struct {
	Kind FactKind
	Text string
	Date string // of [FactDate]: YYYY-MM-DD, or empty
}

// Written is a fact as it stands in a file's column: a date has its day first, as in "2026-12-24 her wedding". Two that are written
// alike are the same fact.
func (f FactText) Written() string {
	switch {
	case f.Kind == FactDate && f.Date != "":
		return f.Date + " " + f.Text
	case f.Text == "" && (f.Kind == FactNoChat || f.Kind == FactNoGreeting):
		return "yes"
	}
	return f.Text
}

// VisitRow is one row of `import visits`: one line of one receipt.
type VisitRow struct {
	Line int   // where it begins in its file, from 1
	Read int64 // bytes of the file read so far

	Identifier Identifier // whose visit it was; of KindCustomer where the file names the chain's id
	At         time.Time
	Checkout   string
	Item       Item
	Currency   string
}

// BadRow is a row that cannot be used. The rows around it can.
type BadRow struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"` // holds no value from the row
}

// Error gives line and reason.
func (b *BadRow) Error() string { return fmt.Sprintf("line %d: %s", b.Line, b.Reason) }

// ImportOptions steer an import.
type ImportOptions struct {
	Consent  Consent              // of a new customer whose row does not say; empty: ConsentRemember
	Progress func(ImportProgress) // called now and then, from one goroutine; nil: nobody is told
}

// ImportProgress is how far an import has come.
type ImportProgress struct {
	Rows  int   `json:"rows"`
	Bytes int64 `json:"bytes"`
}

// ImportReport is what came of an import. Every row of the file is counted once: Rows is New + Changed + Unchanged + Bad.
type ImportReport struct {
	Rows      int `json:"rows"`
	New       int `json:"new"`       // made a customer, or told a visit
	Changed   int `json:"changed"`   // added to a customer who was known
	Unchanged int `json:"unchanged"` // said nothing new
	Bad       int `json:"bad"`       // could not be used
	// FactsLeftOut counts facts of customers who did not agree to be remembered; their rows are used otherwise.
	FactsLeftOut int `json:"facts_left_out,omitempty"`

	Problems []BadRow `json:"problems,omitempty"`
}

// MaxProblems is how many bad rows a report lists; beyond it counts only.
const MaxProblems = 1000

// AddBad counts a bad row, and lists it while there is room.
func (r *ImportReport) AddBad(bad BadRow) {
	r.Rows++
	r.Bad++
	if len(r.Problems) < MaxProblems {
		r.Problems = append(r.Problems, bad)
	}
}
