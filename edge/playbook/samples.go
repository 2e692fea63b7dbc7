// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"math"
	"slices"

	"redbench/edge"
)

// The linter asks of a condition whether it can hold at all, and whether another holds whenever it does. It tries: each
// variable that the conditions look at takes every value that can make a difference (small numbers, for "every third
// visit"; those around each number in the condition; every word), together with what else a rule asks for.

// What the linter tries at most, of one question and in all. Beyond it, it says nothing rather than something that may be
// untrue, and a file of five hundred rules is still checked within seconds.
const (
	mostSamples = 60_000
	allSamples  = 1_000_000
)

// probe evaluates conditions for the linter.
type probe struct {
	machine
	left int // samples
}

// axis is one variable and the values to try.
type axis struct {
	name   string
	values []func(*vars)
}

// numeric are the variables that are numbers, with ordinary values.
var numeric = map[string]struct {
	least    float64
	ordinary []float64
	set      func(*vars, float64)
}{
	"visits":        {0, []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 30, 200}, func(v *vars, n float64) { v.Visits = int(n) }},
	"days":          {-1, []float64{-1, 0, 1, 2, 7, 30, 100, 400}, func(v *vars, n float64) { v.Days = int(n) }},
	"gap_days":      {0, []float64{0, 1, 7, 30, 100}, func(v *vars, n float64) { v.GapDays = n }},
	"hour":          {0, upTo(23), func(v *vars, n float64) { v.Hour = int(n) }},
	"month":         {1, upTo(12), func(v *vars, n float64) { v.Month = int(n) }},
	"interests":     {0, upTo(3), func(v *vars, n float64) { v.Interests = int(n) }},
	"preferences":   {0, upTo(3), func(v *vars, n float64) { v.Preferences = int(n) }},
	"people":        {0, upTo(3), func(v *vars, n float64) { v.People = int(n) }},
	"complaints":    {0, upTo(2), func(v *vars, n float64) { v.Complaints = int(n) }},
	"promises":      {0, upTo(2), func(v *vars, n float64) { v.Promises = int(n) }},
	"fact.age_days": {0, []float64{0, 1, 7, 30, 100, 365, 366, 1000}, func(v *vars, n float64) { v.Fact.AgeDays = int(n) }},
	"fact.in_days":  {-4000, []float64{-400, -30, -7, -1, 0, 1, 7, 30, 400}, func(v *vars, n float64) { v.Fact.InDays = int(n) }},
	"usual.share":   {0, []float64{0, .5, .75, 1}, func(v *vars, n float64) { v.Usual.Share = n }},
	"usual.times":   {0, []float64{0, 3, 4, 10, 100}, func(v *vars, n float64) { v.Usual.Times = int(n) }},
	"usual.days":    {0, []float64{0, 1, 7, 30, 400}, func(v *vars, n float64) { v.Usual.Days = int(n) }},
	"last.things":   {0, upTo(2), func(v *vars, n float64) { v.Last.Things = int(n) }},
	"last.size":     {0, upTo(8), func(v *vars, n float64) { v.Last.Size = int(n) }},
	"last.days":     {-1, []float64{-1, 0, 1, 2, 7, 30, 100, 400}, func(v *vars, n float64) { v.Last.Days = int(n) }},
	"wrong.days":    {0, []float64{0, 1, 7, 60}, func(v *vars, n float64) { v.Wrong.Days = int(n) }},
}

// mosts are the greatest values of variables that have one.
var mosts = map[string]float64{"hour": 23, "month": 12, "usual.share": 1, "last.things": 2, "last.size": 8, "wrong.days": 60}

var yesNo = map[string]func(*vars, bool){
	"long_away":      func(v *vars, b bool) { v.LongAway = b },
	"no_chat":        func(v *vars, b bool) { v.NoChat = b },
	"no_greeting":    func(v *vars, b bool) { v.NoGreeting = b },
	"has_name":       func(v *vars, b bool) { v.HasName = b },
	"has_say":        func(v *vars, b bool) { v.HasSay = b },
	"other_language": func(v *vars, b bool) { v.OtherLanguage = b },
	"fact.has_date":  func(v *vars, b bool) { v.Fact.HasDate = b },
}

var wordy = map[string]func(*vars, string){
	"stage":      func(v *vars, s string) { v.Stage = s },
	"weekday":    func(v *vars, s string) { v.Weekday = s },
	"fact.kind":  func(v *vars, s string) { v.Fact.Kind = s },
	"wrong.kind": func(v *vars, s string) { v.Wrong.Kind = s },
	"load":       func(v *vars, s string) { v.Load = s },
	"lane":       func(v *vars, s string) { v.Lane = s },
}

func upTo(n int) []float64 {
	var all []float64
	for i := range n + 1 {
		all = append(all, float64(i))
	}
	return all
}

// axes are the variables that the rules look at; always the stage, and what each rule's scope and subject need.
func axes(rules ...*rule) []axis {
	names := []string{"stage"}
	var numbers []float64
	var words []string
	for _, r := range rules {
		if len(r.scope.hours) > 0 {
			names = append(names, "hour")
		}
		if len(r.scope.weekdays) > 0 {
			names = append(names, "weekday")
		}
		if r.about == aboutFact {
			names = append(names, "fact.kind")
		}
		if r.when != nil {
			names, numbers, words = append(names, r.when.names...), append(numbers, r.when.numbers...), append(words, r.when.words...)
		}
	}
	slices.Sort(names)
	var all []axis
	for _, name := range slices.Compact(names) {
		if a := newAxis(name, numbers, words); len(a.values) > 0 {
			all = append(all, a)
		}
	}
	return all
}

func newAxis(name string, numbers []float64, words []string) axis {
	a := axis{name: name}
	if number, found := numeric[name]; found {
		most, bounded := mosts[name]
		for _, n := range around(number.ordinary, numbers) {
			if n >= number.least && (!bounded || n <= most) {
				a.values = append(a.values, func(v *vars) { number.set(v, n) })
			}
		}
	}
	if set, found := yesNo[name]; found {
		a.values = append(a.values, func(v *vars) { set(v, false) }, func(v *vars) { set(v, true) })
	}
	if set, found := wordy[name]; found {
		known := closed[name]
		if known == nil {
			known = append([]string{"some other"}, words...)
		}
		for _, word := range known {
			a.values = append(a.values, func(v *vars) { set(v, word) })
		}
	}
	return a
}

// around adds to ordinary values those at and beside each number that a condition has.
func around(ordinary, numbers []float64) []float64 {
	all := slices.Clone(ordinary)
	for _, n := range numbers {
		step := 1.0
		if n != math.Trunc(n) {
			step = .01
		}
		all = append(all, n-step, n, n+step, -n, -n-step, -n+step)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// each calls try with every combination that can be, until it says that it has seen enough. It gives false when there are
// too many to try them all.
func (m *probe) each(all []axis, possible func(*vars) bool, try func(*vars) (enough bool)) bool {
	n := 1
	for _, a := range all {
		if n *= len(a.values); n > min(mostSamples, m.left) {
			return false
		}
	}
	for i := range n {
		v := ordinary()
		for _, a := range all {
			a.values[i%len(a.values)](v)
			i /= len(a.values)
		}
		m.left--
		if possible(v) && try(v) {
			break
		}
	}
	return true
}

// ordinary is where the variables stand that no condition looks at.
func ordinary() *vars {
	return &vars{Stage: string(edge.StageNew), Days: -1, Hour: 12, Weekday: "monday", Month: 6, Load: loadNames[0]}
}

// possible reports whether a rule may come to its condition at all with variables that stand so.
func (r *rule) possible(v *vars) bool {
	rank := edge.Stage(v.Stage).Rank()
	switch {
	case rank < r.stage, rank == 0 && (r.line != lineGreeting && r.line != lineFarewell || !v.strange()):
		return false
	case r.line == lineAsk && v.NoChat, r.line == lineGreeting && v.NoGreeting:
		return false
	case len(r.scope.weekdays) > 0 && !slices.Contains(r.scope.weekdays, v.Weekday):
		return false
	case len(r.scope.hours) > 0 && !slices.ContainsFunc(r.scope.hours, func(h hours) bool { return h.touches(v.Hour) }):
		return false
	case (v.Usual.Share > 0) != (v.Usual.Times > 0) && r.looksAt("usual.share") && r.looksAt("usual.times"):
		return false
	}
	return r.possibleSubject(v)
}

func (r *rule) looksAt(name string) bool { return r.when.uses(name) }

// touches reports whether an hour, 0 to 23, has a minute in this part of the day.
func (h hours) touches(hour int) bool {
	for minute := hour * 60; minute < hour*60+60; minute++ {
		if h.has(minute) {
			return true
		}
	}
	return false
}

func (r *rule) possibleSubject(v *vars) bool {
	switch r.about {
	case aboutUsual:
		return !(r.looksAt("usual.share") && v.Usual.Share < .5 || r.looksAt("usual.times") && v.Usual.Times < 3)
	case aboutLast:
		return !(r.looksAt("last.things") && v.Last.Things == 0 || r.looksAt("last.size") && v.Last.Size == 0 || r.looksAt("days") && v.Days < 0 || r.looksAt("last.days") && v.Last.Days < 0)
	case aboutWrong:
		return !r.looksAt("wrong.kind") || v.Wrong.Kind != ""
	case aboutFact:
		return r.possibleFact(v)
	}
	return true
}

// possibleFact holds what is known of a customer against the fact that the rule is tried for.
func (r *rule) possibleFact(v *vars) bool {
	kind := edge.FactKind(v.Fact.Kind)
	has := map[edge.FactKind]struct {
		name string
		none bool
	}{
		edge.FactInterest: {"interests", v.Interests == 0}, edge.FactPreference: {"preferences", v.Preferences == 0},
		edge.FactPerson: {"people", v.People == 0}, edge.FactComplaint: {"complaints", v.Complaints == 0},
		edge.FactPromise: {"promises", v.Promises == 0}, edge.FactNoChat: {"no_chat", !v.NoChat}, edge.FactNoGreeting: {"no_greeting", !v.NoGreeting},
	}
	switch {
	case !slices.Contains(r.facts, kind), r.looksAt("fact.in_days") && !v.Fact.HasDate && v.Fact.InDays != 0:
		return false
	case r.looksAt("fact.age_days") && !r.aged && ageing(kind) && v.Fact.AgeDays > 365:
		return false
	case r.line == lineAsk && kind == edge.FactNoChat, r.line == lineGreeting && kind == edge.FactNoGreeting, r.aged && !ageing(kind):
		return false
	}
	known, found := has[kind]
	return !found || !known.none || !r.looksAt(known.name)
}

// strange reports whether nothing of a customer is known.
func (v *vars) strange() bool {
	nothing := ordinary()
	nothing.Stage, nothing.Hour, nothing.Weekday, nothing.Month, nothing.Lane, nothing.Load = v.Stage, v.Hour, v.Weekday, v.Month, v.Lane, v.Load
	return *v == *nothing
}

// fires reports whether a rule's condition can hold; known is false when there is too much to try.
func (r *rule) fires(m *probe) (can, known bool) {
	known = m.each(axes(r), r.possible, func(v *vars) bool {
		m.vars = *v
		can = r.when.holds(&m.machine)
		return can
	})
	return can || !known, known
}

// hides reports whether a rule wins over another whenever that may speak. It is asked only where nothing but conditions
// can part them.
func (r *rule) hides(other *rule, m *probe) bool {
	missed := false
	known := m.each(axes(r, other), other.possible, func(v *vars) bool {
		m.vars = *v
		if other.when.holds(&m.machine) {
			missed = !r.possible(v) || !r.when.holds(&m.machine)
		}
		return missed
	})
	return known && !missed
}
