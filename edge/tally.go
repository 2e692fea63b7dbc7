// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"strings"
	"time"
)

// Tally counts what became of one rule of the playbook: with one customer (Profile.Tallies), or at this store with all of
// them. Nobody is scored by it: it has no cashier.
type Tally struct {
	Rule   string    `json:"rule"` // its name, without the variant of its text
	Shown  int       `json:"shown,omitempty"`
	Used   int       `json:"used,omitempty"` // confirmed counts too
	NotNow int       `json:"not_now,omitempty"`
	Wrong  int       `json:"wrong,omitempty"`
	At     time.Time `json:"at"` // of the latest verdict, else when it was shown first: from then on its weight fades
}

// TallyHalf is in how long what was counted of a rule comes to weigh half once no newer verdict comes: a season ago is another
// playbook.
const TallyHalf = 60 * 24 * time.Hour

// Denied is what a cashier called wrong: a fact, or a thing that was taken for usual. It is not named again, and may be
// asked about once.
type Denied struct {
	SKU  string    `json:"sku,omitempty"`  // the thing; empty where it was a fact
	Fact string    `json:"fact,omitempty"` // the fact's id; empty where it was a thing
	Kind FactKind  `json:"kind,omitempty"` // of the fact
	At   time.Time `json:"at"`
}

// RuleName is the rule in a Said.Rule or a Line.Rule, which name the variant of its text too: "do-usual#2".
func RuleName(id string) string {
	name, _, _ := strings.Cut(id, "#")
	return name
}
