// SPDX-License-Identifier: Apache-2.0

package memory_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"redbench/edge"
	"redbench/edge/memory"
)

const day = 24 * time.Hour

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// naive is the share by its definition: basket k of n counts Beta^(n-k).
func naive(held []bool) float64 {
	var with, all float64
	for k, there := range held {
		w := math.Pow(memory.Beta, float64(len(held)-1-k))
		all += w
		if there {
			with += w
		}
	}
	return with / all
}

// learn is what a store does: one Add for each basket that holds the thing.
func learn(held []bool) (logw float64) {
	logw = memory.Never()
	for k, held := range held {
		if held {
			logw = memory.Add(logw, k+1)
		}
	}
	return logw
}

func TestPIsTheDecayedShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		held := rapid.SliceOfN(rapid.Bool(), 1, 400).Draw(t, "held")
		got := memory.P(learn(held), len(held))
		if got < 0 || got > 1 || math.IsNaN(got) {
			t.Fatalf("P is %v", got)
		}
		if want := naive(held); math.Abs(got-want) > 1e-9 {
			t.Fatalf("P is %v, by definition %v", got, want)
		}
	})
}

func TestPDecaysWithEachBasketWithoutIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		held := append(rapid.SliceOfN(rapid.Bool(), 0, 50).Draw(t, "held"), true)
		logw, n := learn(held), len(held)
		for more := 1; more < 60; more++ {
			before, after := memory.P(logw, n+more-1), memory.P(logw, n+more)
			if after >= before {
				t.Fatalf("P does not fall: %v, then %v", before, after)
			}
		}
		if with := memory.P(memory.Add(logw, n+1), n+1); with < memory.P(logw, n)-1e-12 {
			t.Fatalf("P falls though the basket held it")
		}
	})
}

func TestOrderByWeightIsOrderByP(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		a := learn(rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "a"))
		b := learn(rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "b"))
		if (a < b) != (memory.P(a, n) < memory.P(b, n)) && math.Abs(a-b) > 1e-9 {
			t.Fatalf("weights %v, %v but shares %v, %v", a, b, memory.P(a, n), memory.P(b, n))
		}
	})
}

func TestThousandsOfVisitsStayFinite(t *testing.T) {
	held := make([]bool, 20_000)
	for i := range held {
		held[i] = i%2 == 0
	}
	if got := memory.P(learn(held), len(held)); math.Abs(got-.487) > .01 {
		t.Errorf("every second of 20,000 baskets: %v", got)
	}
	if memory.P(memory.Never(), 5) != 0 || memory.P(0, 0) != 0 || memory.P(memory.Weight(90), 3) != 1 {
		t.Error("the ends of P are not 0 and 1")
	}
}

func TestOrderOfTheReceiptDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		item := rapid.Custom(func(t *rapid.T) edge.Item {
			return edge.Item{SKU: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "sku"), Quantity: float64(rapid.IntRange(-2, 3).Draw(t, "n"))}
		})
		items := rapid.SliceOfN(item, 0, 12).Draw(t, "items")
		before := slices.Clone(items)
		skus := func(items []edge.Item) []string {
			var all []string
			for _, each := range memory.Things(items) {
				all = append(all, each.SKU)
			}
			slices.Sort(all)
			return all
		}
		if a, b := skus(items), skus(rapid.Permutation(items).Draw(t, "shuffled")); !slices.Equal(a, b) {
			t.Fatalf("%v and %v", a, b)
		}
		if !slices.Equal(items, before) {
			t.Fatal("the receipt was changed")
		}
	})
}

func TestThingsTeachNoReturns(t *testing.T) {
	got := memory.Things([]edge.Item{
		{SKU: "milk", Quantity: 1, AmountMinor: 100}, {SKU: "rye", Quantity: 1}, {SKU: "milk", Quantity: 2, AmountMinor: 200},
		{SKU: "rye", Quantity: -1}, {SKU: "lamp", Quantity: -1}, {SKU: "figs", Quantity: .35},
	})
	if len(got) != 2 || got[0].SKU != "milk" || got[0].Quantity != 3 || got[0].AmountMinor != 300 || got[1].SKU != "figs" {
		t.Errorf("%+v", got)
	}
}

func TestNamedNeedsThreeTimesAndAnEvenChance(t *testing.T) {
	for _, test := range []struct {
		p     float64
		times int
		want  bool
	}{{1, 1, false}, {1, 2, false}, {.5, 3, true}, {.49, 30, false}, {.9, 3, true}} {
		if got := memory.Named(edge.Habit{P: test.p, Times: test.times}); got != test.want {
			t.Errorf("p %v, %d times: %v", test.p, test.times, got)
		}
	}
}

// record is a customer with this many visits at this gap, the last one so long before noon.
func record(visits int, gap, away time.Duration, facts int) edge.Profile {
	last := noon.Add(-away)
	p := edge.Profile{
		Customer: edge.Customer{Ref: 7, Consent: edge.ConsentRemember}, Visits: visits,
		First: last.Add(-gap * time.Duration(max(visits-1, 0))), Last: edge.LastVisit{At: last}, Facts: make([]edge.Fact, facts),
	}
	if visits == 0 {
		p.First, p.Last.At = time.Time{}, time.Time{}
	}
	p.Gap = memory.Gap(p.First, p.Last.At, visits)
	return p
}

func TestStage(t *testing.T) {
	habit := edge.Habit{P: .8, Times: 9}
	with := func(p edge.Profile, habits ...edge.Habit) edge.Profile { p.Usual = habits; return p }
	consent := func(p edge.Profile, c edge.Consent) edge.Profile { p.Customer.Consent = c; return p }
	for _, test := range []struct {
		name string
		p    edge.Profile
		want edge.Stage
	}{
		{"nobody", edge.Profile{}, edge.StageStranger},
		{"no consent, whatever is known", consent(record(50, 7*day, day, 5), edge.ConsentNone), edge.StageStranger},
		{"a consent that nobody knows", consent(record(50, 7*day, day, 5), "maybe"), edge.StageStranger},
		{"recognised only, however often", consent(record(90, 7*day, day, 0), edge.ConsentRecognise), edge.StageNew},
		{"joined, never came", record(0, 0, 0, 0), edge.StageNew},
		{"one visit", record(1, 0, day, 0), edge.StageNew},
		{"one visit and a fact", record(1, 0, day, 1), edge.StageNew},
		{"two visits", record(2, 7*day, day, 0), edge.StageNew},
		{"two visits and a fact", record(2, 7*day, day, 1), edge.StageFamiliar},
		{"three visits", record(3, 7*day, day, 0), edge.StageFamiliar},
		{"three visits a year apart show no rhythm", record(3, 365*day, day, 0), edge.StageNew},
		{"often, but nothing is known", record(40, 7*day, day, 0), edge.StageFamiliar},
		{"often, and two facts", record(10, 7*day, day, 2), edge.StageRegular},
		{"often, a fact and a habit", with(record(10, 7*day, day, 1), habit), edge.StageRegular},
		{"eight visits in a week are no steady rhythm yet", record(8, day, day, 3), edge.StageFamiliar},
		{"long and unbroken", with(record(60, 7*day, day, 2), habit), edge.StageHonoured},
		{"long, but seldom", with(record(31, 50*day, day, 2), habit), edge.StageRegular},
	} {
		if got := memory.Stage(test.p, noon); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestStageFallsWithAbsenceByHerOwnGap(t *testing.T) {
	weekly := func(away time.Duration) edge.Profile { return record(80, 7*day, away, 4) }
	monthly := func(away time.Duration) edge.Profile { return record(40, 30*day, away, 4) }
	for _, test := range []struct {
		p    edge.Profile
		want edge.Stage
	}{
		{weekly(7 * day), edge.StageHonoured}, {weekly(44 * day), edge.StageHonoured}, {weekly(46 * day), edge.StageRegular},
		{weekly(91 * day), edge.StageFamiliar}, {weekly(1000 * day), edge.StageFamiliar},
		{monthly(46 * day), edge.StageHonoured}, {monthly(89 * day), edge.StageHonoured}, {monthly(91 * day), edge.StageRegular},
	} {
		if got := memory.Stage(test.p, noon); got != test.want {
			t.Errorf("gap %v, away %v: %s, want %s", test.p.Gap, noon.Sub(test.p.Last.At), got, test.want)
		}
	}
}

func TestStageNeverSeesMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := record(rapid.IntRange(0, 60).Draw(t, "visits"), 7*day, day, rapid.IntRange(0, 4).Draw(t, "facts"))
		poor := memory.Stage(p, noon)
		p.Last.Items = []edge.Item{{SKU: "gold", Quantity: 1, AmountMinor: rapid.Int64().Draw(t, "amount")}}
		if rich := memory.Stage(p, noon); rich != poor {
			t.Fatalf("%s became %s by money", poor, rich)
		}
	})
}

// Between one visit and the next on her rhythm the stage never falls, and one more visit never lowers it.
func TestStageDoesNotFlap(t *testing.T) {
	for gap := day; gap <= 45*day; gap += day {
		rank := 0
		for visits := 1; visits < 80; visits++ {
			for _, away := range []time.Duration{0, gap / 2, gap, 2 * gap} {
				got := memory.Stage(record(visits, gap, away, 3), noon).Rank()
				if got < rank {
					t.Fatalf("gap %v, visit %d, away %v: fell from %d to %d", gap, visits, away, rank, got)
				}
				rank = got
			}
		}
	}
}

func TestLongAway(t *testing.T) {
	for _, test := range []struct {
		p    edge.Profile
		want bool
	}{
		{record(0, 0, 0, 0), false}, {record(1, 0, 80*day, 0), false}, {record(1, 0, 100*day, 0), true},
		{record(20, 2*day, 30*day, 0), false}, {record(20, 2*day, 46*day, 0), true}, {record(20, 30*day, 80*day, 0), false},
	} {
		if got := memory.LongAway(test.p, noon); got != test.want {
			t.Errorf("%d visits, gap %v, away %v: %v", test.p.Visits, test.p.Gap, noon.Sub(test.p.Last.At), got)
		}
	}
}

func TestDaysSinceCountsMidnightsOfTheStore(t *testing.T) {
	dublin, err := time.LoadLocation("Europe/Dublin")
	if err != nil {
		t.Skip("no time zones here: ", err)
	}
	at := func(text string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04", text, dublin)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, test := range []struct {
		then, now string
		want      int
	}{
		{"2026-11-22 08:00", "2026-11-22 23:59", 0}, {"2026-11-21 23:59", "2026-11-22 00:01", 1}, {"2026-11-10 12:00", "2026-11-22 09:00", 12},
		{"2026-03-28 12:00", "2026-03-29 12:00", 1}, {"2026-10-24 23:30", "2026-10-26 00:30", 2}, {"2026-11-23 08:00", "2026-11-22 08:00", 0},
	} {
		if got := memory.DaysSince(at(test.then).UTC(), at(test.now)); got != test.want {
			t.Errorf("%s to %s: %d days, want %d", test.then, test.now, got, test.want)
		}
	}
	if got := memory.DaysSince(time.Time{}, noon); got != -1 {
		t.Errorf("never: %d", got)
	}
}

func TestGap(t *testing.T) {
	if got := memory.Gap(noon.Add(-10*day), noon, 3); got != 5*day {
		t.Errorf("three visits in ten days: %v", got)
	}
	for _, visits := range []int{0, 1, 2} {
		if got := memory.Gap(noon.Add(-10*day), noon, visits); got != 0 {
			t.Errorf("%d visits: %v", visits, got)
		}
	}
	if got := memory.Gap(noon, noon.Add(-day), 9); got != 0 {
		t.Errorf("a clock that went back: %v", got)
	}
}

func BenchmarkAdd(b *testing.B) {
	for b.Loop() {
		_ = memory.Add(13.3, 400)
	}
}
