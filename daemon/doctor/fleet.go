// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Serving is whether head office answers.
type Serving struct {
	Dir     string
	Denied  bool   // this user may not look at its state
	Address string // that it answered on; empty: it did not
	Took    time.Duration
	Unready string // what it said; empty: it is ready
}

// Judge tells whether head office serves.
func (s Serving) Judge(f *Findings) {
	if s.Denied {
		f.Add("office-denied", "dir", s.Dir)
	}
	switch {
	case s.Address == "":
		f.Add("office-stopped")
	case s.Unready != "":
		f.Add("office-unready", "address", s.Address, "problem", s.Unready)
	default:
		f.Add("office-running", "address", s.Address, "took", took(s.Took))
	}
}

// Fleet is how the stores stand with head office.
type Fleet struct {
	Stores    []FleetStore // without those that were revoked
	LateAfter time.Duration
	OwedAfter time.Duration
	Silent    bool // no store shows a prompt
	Playbook  int  // the newest; 0: none was published
	Now       time.Time
}

// FleetStore is one store as head office knows it.
type FleetStore struct {
	ID             string
	Enrolled, Seen time.Time
	CodeEnds       time.Time
	Boxes          int
	Held, Locked   bool
	Owed           int
	OwedSince      time.Time
	ClockOff       time.Duration // how far its clock is ahead of ours
	Refused        string        // why it refused the playbook
	RefusedVersion int
}

func (x Fleet) quiet(s FleetStore) time.Duration {
	if s.Seen.After(s.Enrolled) {
		return x.Now.Sub(s.Seen)
	}
	return x.Now.Sub(s.Enrolled)
}

// named are the stores of which something is true, the first few by name.
func (x Fleet) named(is func(FleetStore) bool, more func(FleetStore) string) string {
	const shown = 5
	var names []string
	count := 0
	for _, s := range x.Stores {
		if !is(s) {
			continue
		}
		if count++; count <= shown {
			names = append(names, s.ID+more(s))
		}
	}
	if count > shown {
		names = append(names, fmt.Sprintf("and %d more", count-shown))
	}
	return strings.Join(names, ", ")
}

func bare(FleetStore) string { return "" }

func enrolled(s FleetStore) bool { return !s.Enrolled.IsZero() }

// Judge tells which stores somebody has to look at.
func (x Fleet) Judge(f *Findings) {
	if len(x.Stores) == 0 {
		f.Add("fleet-none")
		return
	}
	before := len(f.list)
	x.heard(f)
	if stores := x.named(func(s FleetStore) bool { return !enrolled(s) && x.Now.After(s.CodeEnds) }, bare); stores != "" {
		f.Add("fleet-code", "stores", stores)
	}
	if stores := x.named(func(s FleetStore) bool { return enrolled(s) && s.Boxes > 1 && x.quiet(s) <= x.LateAfter }, bare); stores != "" {
		f.Add("fleet-copied", "stores", stores)
	}
	if stores := x.named(func(s FleetStore) bool { return enrolled(s) && s.Held }, bare); stores != "" {
		f.Add("fleet-held", "stores", stores)
	}
	if stores := x.named(func(s FleetStore) bool { return enrolled(s) && s.Locked }, bare); stores != "" {
		f.Add("fleet-locked", "stores", stores)
	}
	if len(f.list) == before {
		count := 0
		for _, s := range x.Stores {
			if enrolled(s) {
				count++
			}
		}
		f.Add("fleet-good", "count", Count(count, "store is", "stores are"))
	}
}

// heard tells who is silent: where all are, it is head office that is not reached.
func (x Fleet) heard(f *Findings) {
	known, silent := 0, 0
	var least time.Duration
	for _, s := range x.Stores {
		if !enrolled(s) {
			continue
		}
		if known++; x.quiet(s) > x.LateAfter {
			if silent++; silent == 1 || x.quiet(s) < least {
				least = x.quiet(s)
			}
		}
	}
	switch {
	case silent > 1 && silent == known:
		f.Add("fleet-all-silent", "span", Span(least))
	case silent > 0:
		f.Add("fleet-silent", "stores", x.named(func(s FleetStore) bool { return enrolled(s) && x.quiet(s) > x.LateAfter },
			func(s FleetStore) string { return " for " + Span(x.quiet(s)) }))
	}
}

// JudgeErasures tells who owes for too long the word that somebody is forgotten.
func (x Fleet) JudgeErasures(f *Findings) {
	late := func(s FleetStore) bool { return s.Owed > 0 && x.Now.Sub(s.OwedSince) > x.OwedAfter }
	var longest time.Duration
	owed := 0
	for _, s := range x.Stores {
		if owed += s.Owed; late(s) {
			longest = max(longest, x.Now.Sub(s.OwedSince))
		}
	}
	if longest > 0 {
		f.Add("erasures-late", "span", Span(longest), "stores", x.named(late, func(s FleetStore) string { return fmt.Sprintf(" (%d)", s.Owed) }))
		return
	}
	now := ""
	if owed > 0 {
		now = fmt.Sprintf("; %d wait to be given", owed)
	}
	f.Add("erasures-good", "now", now)
}

// JudgePlaybook tells who refused what was published.
func (x Fleet) JudgePlaybook(f *Findings) {
	before := len(f.list)
	refused := func(s FleetStore) bool { return enrolled(s) && s.Refused != "" }
	if i := slices.IndexFunc(x.Stores, refused); i >= 0 {
		f.Add("office-playbook-refused", "version", x.Stores[i].RefusedVersion, "stores", x.named(refused, bare), "problem", x.Stores[i].Refused)
	}
	if x.Silent {
		f.Add("office-silent")
	}
	if len(f.list) == before {
		what := "None was published: each store uses its own"
		if x.Playbook > 0 {
			what = fmt.Sprintf("Published: %d; no store refused it", x.Playbook)
		}
		f.Add("office-playbook-good", "what", what)
	}
}

// boxesBound is what a box's clock may differ, and its call may take.
const boxesBound = 2 * time.Minute

// JudgeClock compares the clock with those of the boxes that were heard from lately: one that is wrong is theirs, all that are
// is ours.
func (x Fleet) JudgeClock(f *Findings) {
	var off []time.Duration
	for _, s := range x.Stores {
		if enrolled(s) && !s.Seen.IsZero() && x.quiet(s) <= x.LateAfter {
			off = append(off, s.ClockOff)
		}
	}
	const fewest = 3
	if len(off) < fewest {
		return
	}
	slices.SortFunc(off, cmp.Compare)
	middle := off[len(off)/2]
	if middle.Abs() <= boxesBound {
		return
	}
	way := "ahead"
	if middle < 0 {
		way = "behind"
	}
	f.Add("clock-boxes", "by", Span(middle), "way", way, "count", len(off))
}
