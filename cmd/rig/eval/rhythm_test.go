// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"math"
	"strings"
	"testing"
	"time"

	"redbench/edge/memory"
)

func TestQuantilesOfHerOwnGaps(t *testing.T) {
	gaps := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 30}
	if got := stepQuantile(gaps, .9); got != 9 {
		t.Errorf("as a step: %v", got)
	}
	if got := lineQuantile(gaps, .9); math.Abs(got-11.1) > 1e-9 {
		t.Errorf("between the steps: %v", got)
	}
	if got := stepQuantile(gaps[:4], .9); got != 4 {
		t.Errorf("as a step, of four: %v", got)
	}
	if stepQuantile(gaps[:1], .9) != 1 || lineQuantile(gaps[:1], .9) != 1 {
		t.Error("one gap is its own quantile")
	}
}

func TestPinballLossIsLeastForTheQuantile(t *testing.T) {
	loss := func(foretold float64) float64 {
		var all told
		for gap := range 100 {
			all.add(foretold, float64(gap+1))
		}
		if foretold == 90 && all.coverage() != .9 {
			t.Errorf("ninety of a hundred: %v", all.coverage())
		}
		return all.pinball()
	}
	if best := loss(90); best > loss(88) || best > loss(92) {
		t.Errorf("%v at 88, %v at 90, %v at 92", loss(88), best, loss(92))
	}
}

// Nobody who is reported teaches the store that foretells her next gap, and her own next gap does not either.
func TestWhoIsReportedIsForetoldByOthers(t *testing.T) {
	people := func(reported int) []*visitor {
		var all []*visitor
		for i := range 20 {
			v := &visitor{fitted: i%2 == 0}
			gap := 7
			if !v.fitted {
				gap = reported
			}
			for k := range 6 {
				v.days = append(v.days, k*gap)
			}
			all = append(all, v)
		}
		return all
	}
	near := acrossCustomers(people(7), 1)
	if near.latest.n != 10 || near.every.n != 40 || near.away != 50 {
		t.Errorf("asked %d, %d and %d times", near.latest.n, near.every.n, near.away)
	}
	all := people(300)
	all[1].days = all[1].days[:2]
	acrossCustomers(all, 1)
	first := all[1].next
	var g memory.Gaps
	for _, v := range people(0) {
		if v.fitted {
			for k := range v.days {
				v.visit(&g, k, true)
			}
		}
	}
	if want := g.Next(all[1].rhythm); first != want {
		t.Errorf("foretold %+v, by the fitted ones alone %+v", first, want)
	}
}

func TestNelderMeadFindsTheValley(t *testing.T) {
	rosenbrock := func(p []float64) float64 { return math.Pow(1-p[0], 2) + 100*math.Pow(p[1]-p[0]*p[0], 2) }
	if got := nelderMead(rosenbrock, []float64{-1.2, 1}); math.Abs(got[0]-1) > 1e-3 || math.Abs(got[1]-1) > 1e-3 {
		t.Errorf("%v", got)
	}
}

// On a plain with one hole no step is better: the simplex shrinks into the hole at its first corner.
func TestNelderMeadShrinks(t *testing.T) {
	hole := func(p []float64) float64 {
		if math.Hypot(p[0], p[1]) < 1e-3 {
			return 0
		}
		return 1
	}
	if got := nelderMead(hole, []float64{0, 0}); hole(got) != 0 {
		t.Errorf("%v", got)
	}
}

// When nobody leaves, no purchase in t weeks has the probability (alpha/(alpha+t))^r.
func TestLikelihoodOfNoPurchase(t *testing.T) {
	m := bgnbd{r: .5, alpha: 4, a: 1e-9, b: 3}
	got := m.likelihood([]bought{{t: 12}})
	if want := .5 * math.Log(4./16); math.Abs(got-want) > 1e-6 {
		t.Errorf("%v, want %v", got, want)
	}
	if p := (bgnbd{.243, 4.414, .793, 2.426}).alive(bought{x: 2, tx: 30.43, t: 38.86}); math.Abs(p-.726) > .002 {
		t.Errorf("the sample's first customer is there with %.4f", p)
	}
}

func TestVisitsOfADayAreOne(t *testing.T) {
	at := func(hour int) basket { return basket{at: time.Date(1997, 1, 1, hour, 0, 0, 0, time.UTC)} }
	got := visitors(&set{customers: []*customer{{id: "a", baskets: []basket{at(9), at(17), at(33)}}}})
	if len(got[0].days) != 2 {
		t.Errorf("%v", got[0].days)
	}
}

func TestRankedCountsPairs(t *testing.T) {
	score := func(c bought) float64 { return c.x }
	for _, test := range []struct {
		all  []bought
		want float64
	}{
		{[]bought{{x: 1}, {x: 2, later: true}}, 1},
		{[]bought{{x: 2}, {x: 1, later: true}}, 0},
		{[]bought{{x: 1}, {x: 1, later: true}}, .5},
		{[]bought{{x: 1}, {x: 2, later: true}, {x: 3}, {x: 4, later: true}}, .75},
	} {
		if got := ranked(test.all, score); got != test.want {
			t.Errorf("%v: %v, want %v", test.all, got, test.want)
		}
	}
}

func TestRhythmIsMeasuredOnEachSetThatItNames(t *testing.T) {
	for _, p := range rhythmParts() {
		if _, known := files[p.set]; !known {
			t.Errorf("%s has no file", p.set)
		}
	}
	s, err := read(strings.NewReader("customer_id,timestamp\na,1997-01-01\na,1997-01-01\na,1997-02-01\na,1997-12-01\nb,1997-03-01\n"), "cdnow_sample")
	if err != nil {
		t.Fatal(err)
	}
	all := boughtOf(s)
	if len(all) != 2 || all[0].x != 1 || math.Abs(all[0].tx-31./7) > 1e-9 || math.Abs(all[0].t-272./7) > 1e-9 || !all[0].later || all[1].later {
		t.Errorf("%+v", all)
	}
}
