// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"redbench/sync/hq"
)

// State is which of the page's groups a store stands in.
type State string

// The states, in the order of the page.
const (
	Trouble State = "trouble"
	Waiting State = "waiting" // not enrolled yet
	Well    State = "well"
	Revoked State = "revoked"
)

var order = map[State]int{Trouble: 0, Waiting: 1, Well: 2, Revoked: 3}

// Fleet is all stores as people see them.
type Fleet struct {
	At      time.Time
	Rows    []Row // what is wrong first, then by name
	Silent  bool  // prompts are silenced in every store
	Stores  int   // without those that are revoked
	Trouble int
	Waiting int // not enrolled yet
	Records int // that wait to be sent, in all
	Owed    int // receipts
	// InContact counts stores that spoke in time, Painted those in which a prompt was painted within the last hour.
	InContact, Painted int
	Oldest             Named // the oldest record that waits
}

// Named is a moment at a store.
type Named struct {
	Store string
	At    time.Time
}

// Row is one store.
type Row struct {
	Store    string
	State    State
	Why      []string  // what is wrong, or to be waited for, the weightiest first
	Seen     time.Time // last contact; zero: never
	Backlog  int       // records that wait to be sent
	Oldest   time.Time // of them; zero: none
	Painted  time.Time // when a screen last painted a prompt; zero: never
	Playbook string
	Version  string
	Owed     int // receipts of erasures

	weight int
}

// Sentence is what is wrong, on one line; empty when nothing is.
func (r Row) Sentence() string { return strings.Join(r.Why, "; ") }

// Judge says what is wrong in a fleet.
type Judge struct {
	LateAfter time.Duration // how long a store may be silent
	OwedAfter time.Duration // how long it may owe a receipt
	Now       time.Time
}

// What else is told of a store, after how long or from how much on.
const (
	staleAfter     = 48 * time.Hour // a record that waits: longer than any night, and a day on which nobody opened
	unpaintedAfter = 72 * time.Hour // no prompt, though the box is there: longer than a weekend
	clockBound     = 5 * time.Minute
)

// Fleet judges all stores. Playbooks add who refused one, and whether all are silenced; the zero value adds nothing.
func (j Judge) Fleet(stores []hq.StoreView, playbooks hq.PlaybookView) Fleet {
	fleet := Fleet{At: j.Now, Silent: playbooks.Silent}
	refused := map[string]hq.PlaybookStore{}
	for _, p := range playbooks.Stores {
		refused[p.Store] = p
	}
	for _, s := range stores {
		row := j.row(s, refused[s.ID], fleet.Silent)
		fleet.count(row, j)
		fleet.Rows = append(fleet.Rows, row)
	}
	slices.SortStableFunc(fleet.Rows, func(a, b Row) int {
		return cmp.Or(order[a.State]-order[b.State], b.weight-a.weight, naturally(a.Store, b.Store))
	})
	return fleet
}

func (f *Fleet) count(r Row, j Judge) {
	if r.State == Revoked {
		return
	}
	f.Stores++
	f.Records += r.Backlog
	f.Owed += r.Owed
	switch r.State {
	case Trouble:
		f.Trouble++
	case Waiting:
		f.Waiting++
	}
	if !r.Seen.IsZero() && j.Now.Sub(r.Seen) <= j.LateAfter {
		f.InContact++
	}
	if !r.Painted.IsZero() && j.Now.Sub(r.Painted) < time.Hour {
		f.Painted++
	}
	if !r.Oldest.IsZero() && (f.Oldest.At.IsZero() || r.Oldest.Before(f.Oldest.At)) {
		f.Oldest = Named{r.Store, r.Oldest}
	}
}

func (j Judge) row(s hq.StoreView, p hq.PlaybookStore, silent bool) Row {
	row := Row{Store: s.ID, State: Well, Seen: s.Seen, Owed: s.OwedErasures, Playbook: playbook(s)}
	if st := s.Status; st != nil {
		row.Backlog, row.Oldest = st.Backlog.Records, st.Backlog.Oldest
		row.Painted, row.Version = st.LastPainted, st.Version
	}
	switch {
	case !s.Revoked.IsZero():
		row.State, row.Why = Revoked, []string{"revoked " + j.Ago(s.Revoked)}
	case s.Enrolled.IsZero():
		row.State, row.Why = Waiting, []string{j.waiting(s)}
	default:
		j.judge(&row, s, p, silent)
	}
	return row
}

func (j Judge) waiting(s hq.StoreView) string {
	switch {
	case s.CodeExpires.IsZero():
		return "waits for its box to enrol"
	case s.CodeExpires.Before(j.Now):
		return "its code ran out before its box enrolled"
	}
	return "waits for its box to enrol; the code holds for " + Span(s.CodeExpires.Sub(j.Now))
}

// naturally orders names as people count them: store-2 before store-10.
func naturally(a, b string) int {
	x, y := split(a), split(b)
	if x.name == y.name && x.digits != "" && y.digits != "" {
		return cmp.Or(cmp.Compare(len(x.digits), len(y.digits)), strings.Compare(x.digits, y.digits), strings.Compare(a, b))
	}
	return strings.Compare(a, b)
}

type parts struct{ name, digits string }

func split(name string) parts {
	base := strings.TrimRight(name, "0123456789")
	return parts{base, strings.TrimLeft(name[len(base):], "0")}
}
