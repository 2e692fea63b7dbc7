// SPDX-License-Identifier: Apache-2.0

package memory_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"redbench/edge"
	"redbench/edge/memory"
)

const day = 24 * time.Hour

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// days draws the days of a customer's visits, in order, some of them twice.
func days(t *rapid.T, most int) []int {
	all := rapid.SliceOfN(rapid.IntRange(0, 40), 1, most).Draw(t, "gaps")
	at := rapid.IntRange(-400, 20_000).Draw(t, "first day")
	for i := range all {
		at += all[i]
		all[i] = at
	}
	return all
}

func visited(days ...int) (r edge.Rhythm) {
	for _, each := range days {
		r = memory.Visited(r, each)
	}
	return r
}

// every gives the rhythm of so many visits at one gap, the latest on this day.
func every(gap, visits, last int) (r edge.Rhythm) {
	for i := range visits {
		r = memory.Visited(r, last-gap*(visits-1-i))
	}
	return r
}

func close(a, b float64) bool { return math.Abs(a-b) <= 1e-9*(1+math.Abs(a)+math.Abs(b)) }

func TestRhythmIsTheWeightedMeanAndVarianceOfGaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := days(t, 60)
		r := visited(all...)
		once := slices.Compact(slices.Clone(all))
		var weight, mean, squares float64
		gap := func(i int) (x, w float64) {
			return memory.Bend(float64(once[i] - once[i-1])), math.Pow(memory.Fade, float64(len(once)-1-i))
		}
		for i := 1; i < len(once); i++ {
			x, w := gap(i)
			weight, mean = weight+w, mean+w*x
		}
		if weight > 0 {
			mean /= weight
		}
		for i := 1; i < len(once); i++ {
			x, w := gap(i)
			squares += w * (x - mean) * (x - mean)
		}
		if !close(r.Weight, weight) || !close(r.Mean, mean) || !close(r.Squares, squares) {
			t.Fatalf("%+v, by definition %v, %v, %v", r, weight, mean, squares)
		}
		if r.Days != len(once) || r.Last != once[len(once)-1] || len(once) > 1 && r.Gap != r.Last-once[len(once)-2] {
			t.Fatalf("%+v of %v", r, once)
		}
	})
}

func TestVisitsOfADayAreOneAndADayBeforeChangesNothing(t *testing.T) {
	r := visited(100, 107, 109)
	for _, again := range []int{109, 108, 3} {
		if got := memory.Visited(r, again); got != r {
			t.Errorf("day %d: %+v became %+v", again, r, got)
		}
	}
}

func TestStudentMeetsTheTables(t *testing.T) {
	for _, test := range []struct{ p, freedom, t float64 }{
		{.9, 6, 1.4398}, {.95, 6, 1.9432}, {.99, 6, 3.1427}, {.5, 6, 0}, {.1, 6, -1.4398},
		{.9, 13, 1.3502}, {.99, 13, 2.6503}, {.999, 13, 3.8520}, {.9, 20, 1.3253}, {.99, 20, 2.5280},
	} {
		if got := memory.StudentQuantile(test.p, test.freedom); math.Abs(got-test.t) > .015 {
			t.Errorf("quantile %v of t with %v: %.4f, the table has %.4f", test.p, test.freedom, got, test.t)
		}
		if got := memory.StudentAbove(test.t, test.freedom); math.Abs(got-(1-test.p)) > .0006 {
			t.Errorf("t with %v above %v: %.4f, the table has %.4f", test.freedom, test.t, got, 1-test.p)
		}
	}
}

// The quantile is the least number of days that is enough, by the probability that the product uses elsewhere.
func TestQuantileAndLongerAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := new(memory.Gaps).Next(visited(days(t, 30)...))
		p := rapid.Float64Range(.02, .98).Draw(t, "p")
		q := memory.Quantile(g, p)
		if within := 1 - memory.Longer(g, q+1); within < p-1e-9 {
			t.Fatalf("within %d days with %v, wanted %v: %+v", q, within, p, g)
		}
		if within := 1 - memory.Longer(g, q); q > 1 && within > p+1e-9 {
			t.Fatalf("already within %d days with %v, wanted %v", q-1, within, p)
		}
		if memory.Longer(g, q+1) > memory.Longer(g, q) || memory.Longer(g, 0) != 1 {
			t.Fatal("a longer absence is not rarer")
		}
	})
}

// One who came once or twice is foretold by what ships, and soon by her store: a kiosk's customers come daily.
func TestWithFewVisitsTheStoreForetells(t *testing.T) {
	var shipped, kiosk memory.Gaps
	for range 200 {
		kiosk.Moved(edge.Rhythm{}, every(1, 30, 20_000))
	}
	once := visited(20_000)
	if half, most := memory.Quantile(shipped.Next(once), .5), memory.Quantile(shipped.Next(once), .9); half < 7 || half > 28 || most < 42 || most > 90 {
		t.Errorf("nothing known: half within %d days, nine of ten within %d", half, most)
	}
	if most := memory.Quantile(kiosk.Next(once), .9); most > 3 {
		t.Errorf("at the kiosk nine of ten are back within %d days", most)
	}
	if one, two := memory.Quantile(shipped.Next(visited(0, 60)), .5), memory.Quantile(shipped.Next(visited(0, 4)), .5); one <= two {
		t.Errorf("after sixty days: %d, after four: %d", one, two)
	}
}

func TestGapsDoNotDependOnTheOrderOfVisits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var people [][]int
		for range rapid.IntRange(1, 6).Draw(t, "customers") {
			people = append(people, days(t, 12))
		}
		var whole, mixed memory.Gaps
		rhythms := make([]edge.Rhythm, len(people))
		var turns []int
		for who, all := range people {
			whole.Moved(edge.Rhythm{}, visited(all...))
			turns = append(turns, slices.Repeat([]int{who}, len(all))...)
		}
		for _, who := range rapid.Permutation(turns).Draw(t, "turns") {
			next := memory.Visited(rhythms[who], people[who][0])
			people[who] = people[who][1:]
			mixed.Moved(rhythms[who], next)
			rhythms[who] = next
		}
		asked := visited(days(t, 5)...)
		a, b := whole.Next(asked), mixed.Next(asked)
		if !close(a.Location, b.Location) || !close(a.Scale, b.Scale) || !close(a.Freedom, b.Freedom) {
			t.Fatalf("%+v in one order, %+v in another", a, b)
		}
	})
}

func TestWhoIsForgottenLeavesNoTraceInTheGaps(t *testing.T) {
	var g, without memory.Gaps
	for i := range 20 {
		without.Moved(edge.Rhythm{}, every(1+i, 9, 500))
		g.Moved(edge.Rhythm{}, every(1+i, 9, 500))
	}
	her := visited(0, 300, 301, 340)
	g.Moved(edge.Rhythm{}, her)
	g.Moved(her, edge.Rhythm{})
	a, b := g.Next(edge.Rhythm{}), without.Next(edge.Rhythm{})
	if !close(a.Location, b.Location) || !close(a.Scale, b.Scale) {
		t.Errorf("%+v, without her %+v", a, b)
	}
}

// Made-up customers who differ in their gaps: what is foretold at nine tenths holds for nine tenths, however few visits each
// made.
func TestWhatIsForetoldHolds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	person := func(visits int) []int {
		middle := 2.5 + .8*random.NormFloat64()
		all := []int{0}
		for range visits {
			all = append(all, all[len(all)-1]+max(1, int(math.Round(math.Exp(middle+.7*random.NormFloat64())))))
		}
		return all
	}
	var g memory.Gaps
	for range 800 {
		g.Moved(edge.Rhythm{}, visited(person(1+random.IntN(20))...))
	}
	for _, earlier := range []int{0, 1, 2, 5, 20} {
		within := 0
		const asked = 3000
		for range asked {
			all := person(earlier + 1)
			last := len(all) - 1
			if all[last]-all[last-1] <= memory.Quantile(g.Next(visited(all[:last]...)), .9) {
				within++
			}
		}
		if share := float64(within) / asked; share < .87 || share > .95 {
			t.Errorf("after %d gaps, %.3f were within the quantile .9", earlier, share)
		}
	}
}

func TestGapsRest(t *testing.T) {
	var g, back memory.Gaps
	g.Moved(edge.Rhythm{}, visited(0, 3, 9, 10))
	data, err := g.MarshalBinary()
	if err != nil || back.UnmarshalBinary(data) != nil || back != g {
		t.Fatalf("%v: %+v became %+v", err, g, back)
	}
	nan := slices.Clone(data)
	copy(nan[1:], []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x7f})
	for name, bad := range map[string][]byte{"empty": nil, "short": data[:20], "long": append(slices.Clone(data), 0), "version": append([]byte{9}, data[1:]...), "not a number": nan} {
		if err := back.UnmarshalBinary(bad); err == nil || back != g {
			t.Errorf("%s: %v, and changed: %v", name, err, back != g)
		}
	}
}

func FuzzGaps(f *testing.F) {
	var g memory.Gaps
	g.Moved(edge.Rhythm{}, visited(0, 3, 9, 10))
	data, _ := g.MarshalBinary()
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		var g memory.Gaps
		if g.UnmarshalBinary(data) != nil {
			return
		}
		next := g.Next(visited(0, 7, 15))
		if q := memory.Quantile(next, .9); q < 1 || q > 1_000_000 {
			t.Errorf("the quantile is %d days: %+v", q, next)
		}
		if p := memory.Longer(next, 9); p < 0 || p > 1 || math.IsNaN(p) {
			t.Errorf("a probability of %v: %+v", p, next)
		}
	})
}

func TestPace(t *testing.T) {
	weekly := new(memory.Gaps).Next(every(7, 40, 1000))
	for _, test := range []struct {
		days int
		want memory.Pace
	}{{0, memory.PaceEarly}, {1, memory.PaceEarly}, {7, memory.PaceOnTime}, {14, memory.PaceOnTime}, {20, memory.PaceOnTime}, {25, memory.PaceLong}, {-1, memory.PaceUnknown}} {
		if got := memory.PaceOf(weekly, test.days); got != test.want {
			t.Errorf("weekly, %d days: %q, want %q", test.days, got, test.want)
		}
	}
	if got := memory.PaceOf(edge.NextGap{}, 7); got != memory.PaceUnknown {
		t.Errorf("nothing foretold: %q", got)
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
	p.Rhythm = every(int(gap/day), visits, memory.Day(last))
	return p
}

func TestLongAway(t *testing.T) {
	for _, test := range []struct {
		p    edge.Profile
		want bool
	}{
		{record(0, 0, 0, 0), false}, {record(1, 0, 60*day, 0), false}, {record(1, 0, 70*day, 0), true},
		{record(20, 2*day, 24*day, 0), false}, {record(20, 2*day, 30*day, 0), true},
		{record(20, 30*day, 55*day, 0), false}, {record(20, 30*day, 70*day, 0), true},
	} {
		if got := memory.LongAway(test.p, noon); got != test.want {
			t.Errorf("%d visits, gap %v, away %v: %v", test.p.Visits, test.p.Gap, noon.Sub(test.p.Last.At), got)
		}
		test.p.Rhythm = edge.Rhythm{}
		if got := memory.LongAway(test.p, noon); got != test.want {
			t.Errorf("%d visits, gap %v, away %v, no rhythm kept: %v", test.p.Visits, test.p.Gap, noon.Sub(test.p.Last.At), got)
		}
	}
	p := record(20, 7*day, 40*day, 0)
	if !memory.LongAway(p, noon) {
		t.Error("weekly, and away for forty days")
	}
	p.NextGap = new(memory.Gaps).Next(every(60, 20, 0)) // what the store foretold goes before what ships
	if memory.LongAway(p, noon) {
		t.Error("what the store foretold was not heeded")
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
		if got := memory.Day(at(test.now)) - memory.Day(at(test.then)); max(0, got) != test.want {
			t.Errorf("%s to %s: %d days apart, want %d", test.then, test.now, got, test.want)
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

// What a tap asks of a rhythm.
func BenchmarkNext(b *testing.B) {
	var g memory.Gaps
	p := record(40, 7*day, 9*day, 3)
	for b.Loop() {
		p.NextGap = g.Next(p.Rhythm)
		_, _ = memory.LongAway(p, noon), memory.Stage(p, noon)
	}
}
