// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"redbench/edge"
	"redbench/edge/memory"
)

// Asked of a rhythm is the quantile .9 of her next gap, in days: how often the gap is within it (coverage), and the
// pinball loss at .9, which is least, on average, for the true quantile. Beside it stands the same quantile of her own earlier
// gaps. The store is taught by the fitted customers' visits, and the reported ones are asked.
const (
	asked      = .9
	leastCover = .87
	mostCover  = .96
)

// rhythmParts measure what is said of her visits' rhythm.
func rhythmParts() []part {
	var parts []part
	for _, each := range []struct {
		set  string
		last int // gaps a customer that are asked, the latest
	}{{"coop_italy", 20}, {"grocery_elog", 1}, {"cdnow", 1}} {
		parts = append(parts, part{each.set, "rhythm", func(_ context.Context, s *set) ([]measure, error) {
			return rhythmMeasures(s, each.last), nil
		}})
	}
	return append(parts, part{"cdnow_sample", "BG/NBD", bgnbdMeasures})
}

// visitor is a customer whose visits are gone through.
type visitor struct {
	days    []int // with a visit, each once, in order
	fitted  bool
	rhythm  edge.Rhythm
	next    edge.NextGap // as foretold at her latest visit
	earlier []float64    // gaps, sorted
}

func visitors(s *set) []*visitor {
	all := make([]*visitor, 0, len(s.customers))
	for _, c := range s.customers {
		v := &visitor{fitted: c.fitted()}
		for _, b := range c.baskets {
			v.days = append(v.days, memory.Day(b.at))
		}
		v.days = slices.Compact(v.days)
		all = append(all, v)
	}
	return all
}

// told adds up what was foretold of some gaps.
type told struct {
	n, within int
	loss      float64
}

func (t *told) add(foretold, gap float64) {
	t.n++
	if gap <= foretold {
		t.within++
	}
	t.loss += max(asked*(gap-foretold), (1-asked)*(foretold-gap))
}

func (t told) coverage() float64 { return float64(t.within) / float64(max(1, t.n)) }
func (t told) pinball() float64  { return t.loss / float64(max(1, t.n)) }

// rhythmTold is what one way through the visits gave.
type rhythmTold struct {
	latest, ownStep, ownLine told // the gaps that are asked: ours, and the two usual empirical quantiles
	every                    told // all gaps that have an earlier one
	away, long               int  // visits, and those welcomed as after a long absence
}

// ask asks for the gap that ends at visit number k.
func (r *rhythmTold) ask(v *visitor, k, last int) {
	r.away++
	if memory.LongAway(edge.Profile{NextGap: v.next, Last: edge.LastVisit{At: dayTime(v.days[k-1])}}, dayTime(v.days[k])) {
		r.long++
	}
	if len(v.earlier) == 0 {
		return
	}
	gap, foretold := float64(v.days[k]-v.days[k-1]), float64(memory.Quantile(v.next, asked))
	r.every.add(foretold, gap)
	if k >= len(v.days)-last {
		r.latest.add(foretold, gap)
		r.ownStep.add(stepQuantile(v.earlier, asked), gap)
		r.ownLine.add(lineQuantile(v.earlier, asked), gap)
	}
}

func dayTime(day int) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }

// visit takes visit number k in, as the store does, which may learn of it or not.
func (v *visitor) visit(g *memory.Gaps, k int, learns bool) {
	before := v.rhythm
	v.rhythm = memory.Visited(v.rhythm, v.days[k])
	if learns {
		g.Moved(before, v.rhythm)
	}
	v.next = g.Next(v.rhythm)
	if k > 0 {
		gap := float64(v.days[k] - v.days[k-1])
		at, _ := slices.BinarySearch(v.earlier, gap)
		v.earlier = slices.Insert(v.earlier, at, gap)
	}
}

// stepQuantile and lineQuantile are the empirical quantile as a step function, and with a straight line between the steps
// (types 1 and 7 of Hyndman and Fan 1996).
func stepQuantile(sorted []float64, p float64) float64 {
	return sorted[int(math.Ceil(p*float64(len(sorted))))-1]
}

func lineQuantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// acrossCustomers teaches the store by the fitted customers and asks of the others.
func acrossCustomers(all []*visitor, last int) rhythmTold {
	var g memory.Gaps
	var r rhythmTold
	for _, v := range all {
		if v.fitted {
			for k := range v.days {
				v.visit(&g, k, true)
			}
		}
	}
	for _, v := range all {
		if v.fitted {
			continue
		}
		for k := range v.days {
			if k > 0 {
				r.ask(v, k, last)
			}
			v.visit(&g, k, false)
		}
	}
	return r
}

// inOrderOfTime goes through all visits as they came to a box that knew nobody, and asks of the same customers.
func inOrderOfTime(all []*visitor, last int) rhythmTold {
	type event struct{ day, who, k int }
	var events []event
	for who, v := range all {
		for k, day := range v.days {
			events = append(events, event{day, who, k})
		}
	}
	slices.SortFunc(events, func(a, b event) int { return cmp.Or(a.day-b.day, a.who-b.who) })
	var g memory.Gaps
	var r rhythmTold
	for _, e := range events {
		v := all[e.who]
		if e.k > 0 && !v.fitted {
			r.ask(v, e.k, last)
		}
		v.visit(&g, e.k, true)
	}
	return r
}

func rhythmMeasures(s *set, last int) []measure {
	r := acrossCustomers(visitors(s), last)
	young := inOrderOfTime(visitors(s), last)
	cover := measure{Name: "coverage of the next gap's quantile .9", On: "reported", N: r.latest.n, Result: r.latest.coverage(),
		Aim:       fmt.Sprintf("%s to %s", short(leastCover), short(mostCover)),
		Baselines: []baseline{{"own empirical", r.ownStep.coverage()}, {"own interpolated", r.ownLine.coverage()}}}
	cover.Pass = cover.Result >= leastCover && cover.Result <= mostCover
	own := min(r.ownStep.pinball(), r.ownLine.pinball())
	loss := measure{Name: "pinball loss at .9, days", On: "reported", N: r.latest.n, Result: r.latest.pinball(), Aim: "< " + short(own),
		Pass:      r.latest.pinball() < own,
		Baselines: []baseline{{"own empirical", r.ownStep.pinball()}, {"own interpolated", r.ownLine.pinball()}}}
	return []measure{
		cover, loss,
		{Name: "coverage, every gap", On: "reported", N: r.every.n, Result: r.every.coverage()},
		{Name: "coverage, the store as young as the set", On: "reported", N: young.latest.n, Result: young.latest.coverage()},
		{Name: "pinball loss, the store as young as the set", On: "reported", N: young.latest.n, Result: young.latest.pinball()},
		{Name: "visits welcomed as after a long absence", On: "reported", N: r.away, Result: float64(r.long) / float64(max(1, r.away))},
	}
}
