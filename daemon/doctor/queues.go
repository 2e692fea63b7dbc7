// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"redbench/edge"
)

// Outbox is what waits for head office.
type Outbox struct {
	Enrolled bool
	Backlog  edge.Backlog
	Most     int64 // bytes
	Now      time.Time
}

// staleAfter is how long what waits may wait: hours of sending come once a day.
const staleAfter = 3 * 24 * time.Hour

// Judge tells whether what waits is sent.
func (o Outbox) Judge(f *Findings) {
	b := o.Backlog
	if !o.Enrolled {
		f.Add("outbox-none")
		return
	}
	before := len(f.list)
	waiting := Count(b.Records+b.Orders, "record", "records")
	if !b.Oldest.IsZero() && o.Now.Sub(b.Oldest) > staleAfter {
		f.Add("outbox-old", "count", waiting, "oldest", day(b.Oldest))
	}
	if o.Most > 0 && b.Bytes*10 > o.Most*8 {
		f.Add("outbox-full", "share", b.Bytes*100/o.Most)
	}
	if b.Summarised > 0 {
		f.Add("outbox-summed", "count", Count(b.Summarised, "record", "records"))
	}
	if len(f.list) == before {
		f.Add("outbox-good", "count", waiting)
	}
}

// Quarantine is what was refused, by reason.
type Quarantine struct {
	Today map[string]int // in the last day
	All   map[string]int
	Most  int
}

// Judge tells what is refused.
func (q Quarantine) Judge(f *Findings) {
	kept := sum(q.All)
	if kept >= q.Most && q.Most > 0 {
		f.Add("quarantine-full", "kept", kept)
	}
	switch today := sum(q.Today); {
	case today > 0:
		f.Add("quarantine-new", "count", Count(today, "event was", "events were"), "reasons", reasons(q.Today))
	case kept > 0:
		f.Add("quarantine-old", "kept", Count(kept, "is", "are"), "reasons", reasons(q.All))
	default:
		f.Add("quarantine-good")
	}
}

func sum(counts map[string]int) (n int) {
	for _, each := range counts {
		n += each
	}
	return n
}

// reasons writes the commonest first.
func reasons(counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, counts[name])
	}
	return strings.Join(names, ", ")
}

// JudgeCustomers tells whether anybody is known.
func JudgeCustomers(f *Findings, known int) {
	if known == 0 {
		f.Add("customers-none")
		return
	}
	f.Add("customers-good", "count", Count(known, "customer is", "customers are"))
}
