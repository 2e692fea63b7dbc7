// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"fmt"
	"strings"
	"time"

	"redbench/edge"
)

// A stage is held, and each visit may change it: it rises by one when the evidence supports a higher one, and falls only
// when the evidence no longer supports it by a lower measure, or when she was unusually long away by her own rhythm. So
// noise at a threshold changes nothing. Between visits only consent, facts taken back and an absence that goes on lower
// what is said of her, and what her next visit finds is what was said. What she spends has no say.

// Evidence is what a stage rests on beside a customer's rhythm.
type Evidence struct {
	First  int // day of her first visit, as Day numbers it
	Facts  int // told by her and still open, private ones not counted
	Habits int // things in half of her recent baskets (HabitsOf)
	Fading int // those and things on the way there or back
}

// HabitsOf counts a customer's habits for Evidence: those that are sure, and with them those that are fading or growing. P has to
// be the share of her baskets (see P), which only her own visits change.
func HabitsOf(usual []edge.Habit) (habits, fading int) {
	for _, h := range usual {
		switch {
		case h.Times < 3 || h.P < fadingShare:
		case h.P < habitShare:
			fading++
		default:
			habits++
			fading++
		}
	}
	return habits, fading
}

const (
	habitShare  = .5
	fadingShare = .35
)

// rung is what a stage asks for. Rising is slow: each stage wants several times the evidence of the one before. What is
// held asks for less.
type rung struct {
	stage     edge.Stage
	visits    int // days with a visit
	days      int // from the first to the latest; of the highest stage, since she was last very long away
	unbroken  bool
	gap, held float64 // the longest typical gap in days: to rise, and to stay
	known     int     // told facts and habits together
}

var rungs = [...]rung{
	{stage: edge.StageHonoured, visits: 30, days: 365, unbroken: true, gap: 35, held: 52, known: 3},
	{stage: edge.StageRegular, visits: 8, days: 60, gap: 60, held: 90, known: 2},
	{stage: edge.StageFamiliar, visits: 3, gap: 120, held: 180},
}

// told is with how many visits a customer is familiar who told something.
const told = 2

// supported is the highest stage that evidence supports: to rise to, or to hold.
func supported(r edge.Rhythm, e Evidence, since int, hold bool) edge.Stage {
	for _, rung := range rungs {
		known, gap, from := e.Facts+e.Habits, rung.gap, e.First
		if hold {
			known, gap = e.Facts+e.Fading, rung.held
		}
		if rung.unbroken {
			from = max(from, since)
		}
		if r.Days >= rung.visits && r.Last-from >= rung.days && unbend(r.Mean) <= gap && known >= rung.known {
			return rung.stage
		}
	}
	if r.Days >= told && e.Facts > 0 {
		return edge.StageFamiliar
	}
	return edge.StageNew
}

// An absence lowers a stage by one when a gap so long is as rare as one in a hundred, and by two when it is as rare as
// one in a thousand; and never while people would not call it an absence.
const (
	awayP, awayDays         = .01, 45
	veryAwayP, veryAwayDays = .001, 120
)

// fallen is by how many stages an absence lowers her stage. It is judged by her rhythm and the prior that ships, not by the
// store's, so that a replay of her visits gives the same.
func fallen(r edge.Rhythm, days int) int {
	if r.Days == 0 || days < awayDays {
		return 0
	}
	switch p := Longer(new(Gaps).Next(r), days); {
	case p <= veryAwayP && days >= veryAwayDays:
		return 2
	case p <= awayP:
		return 1
	}
	return 0
}

// Stand gives a customer's standing after a visit, from the one before it and her rhythm before and after. The store
// keeps it with the rhythm; a replay of her visits in order of time, each with the facts told before it that are open
// still, gives the same. A further visit on the same day changes nothing.
func Stand(s edge.Standing, before, after edge.Rhythm, e Evidence) edge.Standing {
	switch {
	case before.Days == 0 || s.Stage == "":
		s = edge.Standing{Stage: edge.StageNew, Since: after.Last}
		if before.Days > 0 {
			s.Since = e.First
		}
	case after.Days == before.Days:
		return s
	}
	s.Habits = e.Fading
	fall := 0
	if before.Days > 0 {
		fall = fallen(before, after.Last-before.Last)
	}
	if fall > 1 {
		s.Since = after.Last
	}
	rank := max(s.Stage.Rank()-fall, edge.StageNew.Rank())
	held, next := supported(after, e, s.Since, true).Rank(), supported(after, e, s.Since, false).Rank()
	switch {
	case rank > held:
		rank = held
	case rank < next && fall == 0:
		rank++
	}
	s.Stage = edge.Stages[rank]
	return s
}

// Stage says how well the store knows her at now: a ceiling on familiarity. Without consent, or without a record, she is a
// stranger; with consent to be recognised only, nothing is learnt and she stays new. Otherwise it is what her visits
// earned (her Standing), less what she took back and what an absence costs. Of a profile that holds no standing it is
// what the evidence supports.
func Stage(p edge.Profile, now time.Time) edge.Stage { return judge(p, now).stage }

// judged is a stage and what decided it.
type judged struct {
	stage  edge.Stage
	reason string // where neither visits nor what is known decide
	rhythm edge.Rhythm
	known  Evidence
	earned edge.Stage
	away   int
	fall   int
}

func judge(p edge.Profile, now time.Time) judged {
	switch {
	case p.Customer.Ref == edge.Stranger:
		return judged{stage: edge.StageStranger, reason: "no record"}
	case p.Customer.Consent == edge.ConsentRecognise:
		return judged{stage: edge.StageNew, reason: "wishes to be recognised, and nothing to be learnt"}
	case p.Customer.Consent != edge.ConsentRemember:
		return judged{stage: edge.StageStranger, reason: "no consent"}
	case p.Visits == 0:
		return judged{stage: edge.StageNew, reason: "no visit known"}
	}
	j := judged{rhythm: rhythmOf(p), known: Evidence{First: Day(p.First), Facts: len(p.Facts)}}
	j.away = DaysSince(p.Last.At, now)
	j.fall = fallen(j.rhythm, j.away)
	rank := 0
	if p.Standing.Stage == "" {
		j.known.Habits, j.known.Fading = HabitsOf(p.Usual)
		rank = supported(j.rhythm, j.known, 0, false).Rank()
	} else {
		j.known.Habits, j.known.Fading = p.Standing.Habits, p.Standing.Habits
		rank = min(p.Standing.Stage.Rank(), supported(j.rhythm, j.known, p.Standing.Since, true).Rank())
	}
	j.earned = edge.Stages[max(rank, edge.StageNew.Rank())]
	j.stage = edge.Stages[max(j.earned.Rank()-j.fall, edge.StageNew.Rank())]
	return j
}

// StageWhy says in words what her stage at now rests on.
func StageWhy(p edge.Profile, now time.Time) string {
	j := judge(p, now)
	if j.reason != "" {
		return j.reason
	}
	why := []string{count(j.rhythm.Days, "day", "with a visit")}
	if j.rhythm.Days > 2 {
		why[0] += fmt.Sprintf(" in %d, typically %.0f apart", j.rhythm.Last-j.known.First+1, unbend(j.rhythm.Mean))
	}
	why = append(why, count(j.known.Facts, "fact", "told"), count(j.known.Fading, "habit", "seen"))
	if j.fall > 0 {
		why = append(why, fmt.Sprintf("away for %d days, as by her rhythm one gap in %d is: %s for now", j.away,
			map[int]int{1: int(1 / awayP), 2: int(1 / veryAwayP)}[j.fall], lower(j.earned, j.stage)))
	}
	return strings.Join(why, "; ")
}

func lower(earned, stage edge.Stage) string {
	if earned == stage {
		return "no lower"
	}
	return string(stage) + " instead of " + string(earned)
}

func count(n int, what, more string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s %s", n, what, more)
}
