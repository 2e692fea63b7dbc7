// SPDX-License-Identifier: Apache-2.0

package memory_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"redbench/edge"
	"redbench/edge/memory"
)

// life is what a store keeps of one customer's visits.
type life struct {
	rhythm   edge.Rhythm
	standing edge.Standing
	first    int
	seen     memory.Evidence
}

func (l *life) visit(on int, seen memory.Evidence) {
	if l.rhythm.Days == 0 {
		l.first = on
	}
	seen.First = l.first
	before := l.rhythm
	l.rhythm = memory.Visited(before, on)
	l.standing = memory.Stand(l.standing, before, l.rhythm, seen)
	l.seen = seen
}

func (l *life) rank() int { return l.standing.Stage.Rank() }

// tap is her profile after the latest visit.
func (l *life) tap() edge.Profile {
	at := func(day int) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }
	return edge.Profile{
		Customer: edge.Customer{Ref: 7, Consent: edge.ConsentRemember}, Visits: l.rhythm.Days, First: at(l.first),
		Last: edge.LastVisit{At: at(l.rhythm.Last)}, Rhythm: l.rhythm, Standing: l.standing, Facts: make([]edge.Fact, l.seen.Facts),
	}
}

// known is a lived life: so many visits at one gap, with this much told and seen.
func known(visits, gap int, seen memory.Evidence) *life {
	l := &life{}
	for i := range visits {
		l.visit(i*gap, seen)
	}
	return l
}

var much = memory.Evidence{Facts: 3, Habits: 2, Fading: 2}

func TestStageByEvidence(t *testing.T) {
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
			t.Errorf("%s: %s, want %s (%s)", test.name, got, test.want, memory.StageWhy(test.p, noon))
		}
	}
}

// Rule 5, know, don't love: whatever her visits are, the stage rises by one a visit at most, is never above what the
// evidence supports by the lower measure, and never rises at a visit that ends an absence.
func TestStageRisesSlowlyAndNeverAboveTheEvidence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, on := &life{}, 0
		for range rapid.IntRange(1, 80).Draw(t, "visits") {
			on += rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(0, 400)).Draw(t, "gap")
			seen := memory.Evidence{Facts: rapid.IntRange(0, 4).Draw(t, "facts"), Habits: rapid.IntRange(0, 3).Draw(t, "habits")}
			seen.Fading = seen.Habits + rapid.IntRange(0, 2).Draw(t, "fading")
			before := *l
			l.visit(on, seen)
			seen.First = l.first
			if before.rhythm.Days > 0 && l.rank() > before.rank()+1 {
				t.Fatalf("day %d: from %s to %s in one visit", on, before.standing.Stage, l.standing.Stage)
			}
			if before.rhythm.Days == l.rhythm.Days {
				if l.standing != before.standing {
					t.Fatalf("a second visit on day %d made %+v of %+v", on, l.standing, before.standing)
				}
				continue
			}
			if support := memory.Supported(l.rhythm, seen, l.standing.Since, true); l.rank() > support.Rank() {
				t.Fatalf("day %d: %s, but the evidence supports %s: %+v", on, l.standing.Stage, support, seen)
			}
		}
	})
}

// What is said at a tap is what the visit finds: an absence costs the same stages there.
func TestStageOfATapIsWhereTheVisitBegins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := known(rapid.IntRange(2, 80).Draw(t, "visits"), rapid.IntRange(1, 40).Draw(t, "gap"), much)
		away := rapid.IntRange(1, 900).Draw(t, "away")
		now := time.Unix(int64(l.rhythm.Last+away)*86400, 0).UTC().Add(10 * time.Hour)
		tap := memory.Stage(l.tap(), now).Rank()
		held := l.rank()
		l.visit(l.rhythm.Last+away, much)
		if tap < held && l.rank() > tap || tap == held && l.rank() > tap+1 {
			t.Fatalf("held %d, at the tap %d, after the visit %d, away %d days", held, tap, l.rank(), away)
		}
	})
}

// With a habit that comes and goes around its threshold, and gaps around theirs, a stage that was reached stays.
func TestStageDoesNotFlapUnderNoise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := known(12, 14, memory.Evidence{Habits: 2, Fading: 2})
		if l.standing.Stage != edge.StageRegular {
			t.Fatalf("to begin with: %s", l.standing.Stage)
		}
		on := l.rhythm.Last
		for range 60 {
			share := rapid.Float64Range(.4, .6).Draw(t, "share")
			habits, fading := memory.HabitsOf([]edge.Habit{{P: .9, Times: 20}, {P: share, Times: 20}, {P: .3, Times: 20}, {P: .9, Times: 2}})
			on += rapid.IntRange(45, 75).Draw(t, "gap") // 60 is the limit to rise
			l.visit(on, memory.Evidence{Habits: habits, Fading: fading})
			if l.standing.Stage != edge.StageRegular {
				t.Fatalf("day %d: %s (%s)", on, l.standing.Stage, memory.StageWhy(l.tap(), time.Unix(int64(on)*86400, 0)))
			}
		}
	})
}

func TestHabitsAreCountedThriceSeenAndByShare(t *testing.T) {
	habits, fading := memory.HabitsOf([]edge.Habit{
		{P: .5, Times: 3}, {P: .49, Times: 30}, {P: .35, Times: 3}, {P: .34, Times: 90}, {P: 1, Times: 2}, {P: .4, Times: 2},
	})
	if habits != 1 || fading != 3 {
		t.Errorf("%d habits, %d with the fading ones", habits, fading)
	}
}

// A step that cannot be held any more falls, and does not come back at once by the same noise.
func TestStageFallsBelowTheLowerMeasureOnly(t *testing.T) {
	fading := memory.Evidence{Facts: 1, Habits: 0, Fading: 1}
	gone := memory.Evidence{Facts: 1}
	l := known(20, 7, memory.Evidence{Facts: 1, Habits: 1, Fading: 1})
	next := func(seen memory.Evidence) edge.Stage {
		l.visit(l.rhythm.Last+7, seen)
		return l.standing.Stage
	}
	for i, test := range []struct {
		seen memory.Evidence
		want edge.Stage
	}{{fading, edge.StageRegular}, {gone, edge.StageFamiliar}, {fading, edge.StageFamiliar}, {memory.Evidence{Facts: 1, Habits: 1, Fading: 1}, edge.StageRegular}} {
		if got := next(test.seen); got != test.want {
			t.Errorf("step %d, %+v: %s, want %s", i, test.seen, got, test.want)
		}
	}
}

// Rule 7: what she takes back is heeded at the next tap, and consent at once.
func TestStageFallsAtOnceWithConsentAndFacts(t *testing.T) {
	p := known(60, 7, memory.Evidence{Facts: 3}).tap()
	now := p.Last.At.Add(7 * day)
	if got := memory.Stage(p, now); got != edge.StageHonoured {
		t.Fatalf("to begin with: %s", got)
	}
	less := p
	less.Facts = p.Facts[:2]
	if got := memory.Stage(less, now); got != edge.StageRegular {
		t.Errorf("a fact taken back: %s", got)
	}
	for consent, want := range map[edge.Consent]edge.Stage{edge.ConsentRecognise: edge.StageNew, edge.ConsentNone: edge.StageStranger, "": edge.StageStranger} {
		p.Customer.Consent = consent
		if got := memory.Stage(p, now); got != want {
			t.Errorf("consent %q: %s", consent, got)
		}
	}
}

func TestStageFallsWithAbsenceByHerOwnRhythm(t *testing.T) {
	daily, weekly, monthly := known(400, 1, much), known(80, 7, much), known(40, 30, much)
	for _, test := range []struct {
		l    *life
		away int
		want edge.Stage
	}{
		{daily, 44, edge.StageHonoured}, {daily, 45, edge.StageRegular}, // what is rare is not yet long
		{weekly, 7, edge.StageHonoured}, {weekly, 44, edge.StageHonoured}, {weekly, 60, edge.StageRegular},
		{weekly, 119, edge.StageRegular}, {weekly, 130, edge.StageFamiliar}, {weekly, 2000, edge.StageFamiliar},
		{monthly, 60, edge.StageHonoured}, {monthly, 100, edge.StageHonoured}, {monthly, 150, edge.StageRegular}, {monthly, 400, edge.StageFamiliar},
	} {
		p := test.l.tap()
		if got := memory.Stage(p, p.Last.At.Add(time.Duration(test.away)*day)); got != test.want {
			t.Errorf("gap %d, away %d days: %s, want %s", test.l.rhythm.Gap, test.away, got, test.want)
		}
	}
}

// After a holiday she is soon what she was; after a very long absence long and unbroken takes a year again.
func TestStageComesBackAfterAnAbsence(t *testing.T) {
	until := func(away int) (visits int) {
		l := known(80, 7, much)
		l.visit(l.rhythm.Last+away, much)
		for ; l.standing.Stage != edge.StageHonoured; visits++ {
			l.visit(l.rhythm.Last+7, much)
		}
		return visits
	}
	if got := until(60); got != 1 {
		t.Errorf("after two months: %d visits", got)
	}
	if got := until(200); got < 50 || got > 56 {
		t.Errorf("after two hundred days: %d visits", got)
	}
}

func TestStageNeverSeesMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := record(rapid.IntRange(0, 60).Draw(t, "visits"), 7*day, day, rapid.IntRange(0, 4).Draw(t, "facts"))
		poor, why := memory.Stage(p, noon), memory.StageWhy(p, noon)
		p.Last.Items = []edge.Item{{SKU: "gold", Quantity: 1, AmountMinor: rapid.Int64().Draw(t, "amount")}}
		if rich := memory.Stage(p, noon); rich != poor || memory.StageWhy(p, noon) != why {
			t.Fatalf("%s became %s by money", poor, rich)
		}
	})
}

// Between one visit and the next on her rhythm the stage never falls, and one more visit never lowers it.
func TestStageOnHerRhythmOnlyRises(t *testing.T) {
	for gap := 1; gap <= 45; gap++ {
		l, rank := &life{}, 0
		for visits := range 80 {
			l.visit(visits*gap, much)
			p := l.tap()
			for _, away := range []int{0, gap / 2, gap, 2 * gap} {
				got := memory.Stage(p, p.Last.At.Add(time.Duration(away)*day)).Rank()
				if got < rank {
					t.Fatalf("gap %d, visit %d, away %d: fell from %d to %d", gap, visits, away, rank, got)
				}
				rank = got
			}
		}
	}
}

func TestStageWhy(t *testing.T) {
	p := known(80, 7, much).tap()
	for _, test := range []struct {
		p    edge.Profile
		away int
		want string
	}{
		{p, 7, "80 days with a visit in 554, typically 7 apart; 3 facts told; 2 habits seen"},
		{p, 60, "away for 60 days, as by her rhythm one gap in 100 is: regular instead of honoured"},
		{edge.Profile{}, 0, "no record"},
		{record(0, 0, 0, 0), 0, "no visit known"},
		{record(1, 0, 0, 1), 0, "1 day with a visit; 1 fact told; 0 habits seen"},
	} {
		at := test.p.Last.At
		if got := memory.StageWhy(test.p, at.Add(time.Duration(test.away)*day)); !strings.Contains(got, test.want) {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
