// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"redbench/edge"
)

func (in Input) counted(all ...edge.Tally) Input {
	in.Profile.Tallies = all
	return in
}

// A rule that is refused rests, and comes back by itself: after a few weeks, and later if it is refused again.
func TestARefusedRuleRestsAndComesBack(t *testing.T) {
	p := Default()
	speaks := func(refused int, ago time.Duration) bool {
		no := edge.Tally{Rule: "remember-told", Shown: 9, NotNow: refused, At: morning.Add(-ago)}
		in := maya().with(told("f", edge.FactPerson, "Ada started nursery", 12*day)).counted(no)
		return strings.HasPrefix(text(p.Choose(in).Prompt.Remember), "Ada")
	}
	for _, test := range []struct {
		refused int
		ago     time.Duration
		want    bool
	}{
		{0, 0, true}, {1, 0, true}, {2, 0, true}, {3, 0, false}, {3, 30 * day, false}, {3, 40 * day, true},
		{4, 40 * day, false}, {4, 70 * day, true}, {9, 70 * day, false}, {9, 150 * day, true},
	} {
		if got := speaks(test.refused, test.ago); got != test.want {
			t.Errorf("refused %d times, %v ago: speaks %v", test.refused, test.ago, got)
		}
	}
	// However often a store refused it, after half a year it is tried again.
	for _, refused := range []int{9, 40, 4000} {
		for ago, want := range map[time.Duration]bool{0: false, 180 * day: true} {
			in := maya().with(told("f", edge.FactPerson, "Ada started nursery", 12*day))
			in.Tallies = []edge.Tally{{Rule: "remember-told", NotNow: refused, At: morning.Add(-ago)}}
			if got := strings.HasPrefix(text(p.Choose(in).Prompt.Remember), "Ada"); got != want {
				t.Errorf("a store refused it %d times, %v ago: speaks %v", refused, ago, got)
			}
		}
	}
}

// Silence when nothing is good enough: what is refused is not replaced by filler.
func TestSilenceWhenNothingIsGoodEnough(t *testing.T) {
	p := Default()
	in := maya().with().counted(edge.Tally{Rule: "do-usual", NotNow: 4, At: morning}, edge.Tally{Rule: "remember-change", Wrong: 4, At: morning})
	got := p.Choose(in).Prompt
	if len(got.Lines()) != 0 || got.Who.Greeting == "" {
		t.Errorf("%q: %+v", got.Who.Greeting, got.Lines())
	}
	in.Explain = true
	for _, each := range p.Choose(in).Considered {
		if each.Rule == "do-usual" && (each.Reason != "rests: its chance to be welcome is 0.38" || each.Verdicts == "" || math.Abs(each.Welcome-.375) > 1e-9) {
			t.Errorf("%+v", each)
		}
	}
}

// Used and not now shift what is chosen among those that may speak, for this customer and this rule alone.
func TestVerdictsShiftWhatIsChosen(t *testing.T) {
	p := own(t, `[[rule]]
name = "first"
line = "do"
repeat = true
priority = 50
text.en = "First"
why.en = "x"
[[rule]]
name = "second"
line = "do"
repeat = true
priority = 46
text.en = "Second"
why.en = "x"
`)
	for _, test := range []struct {
		name       string
		her, store []edge.Tally
		want       string
	}{
		{"nothing is known", nil, nil, "First"},
		{"she liked the second", []edge.Tally{{Rule: "second", Used: 5, At: morning}}, nil, "Second"},
		{"she refused the first", []edge.Tally{{Rule: "first", NotNow: 2, At: morning}}, nil, "Second"},
		{"long ago", []edge.Tally{{Rule: "first", NotNow: 2, At: morning.Add(-300 * day)}}, nil, "First"},
		{"both", []edge.Tally{{Rule: "first", NotNow: 1, At: morning}, {Rule: "second", NotNow: 1, At: morning}}, nil, "First"},
		{"the store refused the first", nil, []edge.Tally{{Rule: "first", NotNow: 8, At: morning}}, "Second"},
		{"the store did, but she likes it", []edge.Tally{{Rule: "first", Used: 9, At: morning}}, []edge.Tally{{Rule: "first", NotNow: 8, At: morning}}, "First"},
		{"the store refused both", nil, []edge.Tally{{Rule: "first", NotNow: 30, At: morning}, {Rule: "second", NotNow: 30, At: morning}}, ""},
	} {
		in := maya().counted(test.her...)
		in.Tallies = test.store
		if got := text(p.Choose(in).Prompt.Do); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// The posterior is a chance, rises with each yes, falls with each no, and fades to the store's.
func TestTheChanceToBeWelcome(t *testing.T) {
	p := Default()
	r := p.rules[lineDo][0]
	chance := func(in Input, own, store edge.Tally) float64 {
		own.Rule, store.Rule = r.name, r.name
		in.Profile.Tallies, in.Tallies = []edge.Tally{own}, []edge.Tally{store}
		c := p.chooser(in)
		defer p.release(c)
		return c.welcome(r).chance
	}
	rapid.Check(t, func(t *rapid.T) {
		in := maya()
		count := rapid.IntRange(-3, 1000)
		at := in.Now.Add(time.Duration(rapid.IntRange(-1000, 10).Draw(t, "at")) * day) // a wrong clock too
		own := edge.Tally{Used: count.Draw(t, "used"), NotNow: count.Draw(t, "no"), Wrong: count.Draw(t, "wrong"), At: at}
		store := edge.Tally{Used: count.Draw(t, "store used"), NotNow: count.Draw(t, "store no"), At: at}
		got := chance(in, own, store)
		if !(got > 0 && got < 1) {
			t.Fatalf("%v", got)
		}
		more, less := own, own
		more.Used = max(0, more.Used) + 1
		less.NotNow = max(0, less.NotNow) + 1
		if up, down := chance(in, more, store), chance(in, less, store); up < got || down > got {
			t.Fatalf("a yes makes %v of %v, a no %v", up, got, down)
		}
	})
	if got := chance(maya(), edge.Tally{}, edge.Tally{}); got != .75 {
		t.Errorf("before anything is known: %v", got)
	}
}

// Rule 6 stands above verdicts, and above the priorities that a playbook gives.
func TestRule6NoVerdictAndNoPriorityOutranksWhatIsOpen(t *testing.T) {
	no := []edge.Tally{}
	for _, rule := range []string{"remember-complaint", "remember-promise", "do-complaint", "do-promise"} {
		no = append(no, edge.Tally{Rule: rule, NotNow: 50, Wrong: 50, At: morning})
	}
	in := maya().with(told("c", edge.FactComplaint, "Soup was cold", day)).counted(no...)
	in.Tallies = no
	got := Default().Choose(in).Prompt
	if got.Remember == nil || got.Remember.Fact != "c" || edge.RuleName(got.Do.Rule) != "do-complaint" {
		t.Errorf("%+v, %+v", got.Remember, got.Do)
	}
	in = maya().with(told("p", edge.FactPromise, "Recipe card", day)).counted(no...)
	in.Profile.Usual = nil
	if got := Default().Choose(in).Prompt; got.Remember == nil || got.Remember.Fact != "p" || edge.RuleName(got.Do.Rule) != "do-promise" {
		t.Errorf("%+v, %+v", got.Remember, got.Do)
	}
	upsideDown := own(t, `[[rule]]
name = "chatter"
line = "remember"
facts = ["interest"]
priority = 999
text.en = "{fact}"
why.en = "x"
[[rule]]
name = "promise"
line = "remember"
facts = ["promise"]
priority = 2
text.en = "{fact}"
why.en = "x"
[[rule]]
name = "complaint"
line = "remember"
facts = ["complaint"]
priority = 1
text.en = "{fact}"
why.en = "x"
[[rule]]
name = "busy"
line = "do"
priority = 999
text.en = "Dust the shelf"
why.en = "x"
[[rule]]
name = "sorry"
line = "do"
when = 'complaints > 0'
text.en = "Say sorry"
why.en = "x"
`)
	facts := []edge.Fact{told("i", edge.FactInterest, "Roses", 0), told("p", edge.FactPromise, "Recipe card", day), told("c", edge.FactComplaint, "Soup was cold", 2*day)}
	if got := upsideDown.Choose(maya().with(facts...)).Prompt; text(got.Remember) != "Soup was cold" || text(got.Do) != "Say sorry" {
		t.Errorf("%q, %q", text(got.Remember), text(got.Do))
	}
	if got := upsideDown.Choose(maya().with(facts[:2]...)).Prompt; text(got.Remember) != "Recipe card" || text(got.Do) != "Dust the shelf" {
		t.Errorf("%q, %q", text(got.Remember), text(got.Do))
	}
}
