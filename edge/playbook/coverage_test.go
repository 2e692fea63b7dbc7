// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/memory"
)

// ofStage is a customer of a stage, of whom so much is told.
func ofStage(t *testing.T, stage edge.Stage, facts ...edge.Fact) Input {
	t.Helper()
	in := maya().with(facts...)
	p := &in.Profile
	switch stage {
	case edge.StageStranger:
		return Input{Now: in.Now, Language: "en"}
	case edge.StageNew:
		p.Visits, p.First, p.Gap, p.Usual = 1, p.Last.At, 0, nil
	case edge.StageFamiliar:
		p.Visits, p.First = 4, p.Last.At.Add(-36*day)
	case edge.StageRegular:
		p.Usual = append(p.Usual, edge.Habit{SKU: "8", Name: "Tart", P: .7, Times: 7})
	case edge.StageHonoured:
		p.Visits, p.First = 60, p.Last.At.Add(-700*day)
		p.Usual = append(p.Usual, edge.Habit{SKU: "8", Name: "Tart", P: .7, Times: 30}, edge.Habit{SKU: "9", Name: "Rolls", P: .6, Times: 30})
	}
	if got := memory.Stage(*p, in.Now); got != stage {
		t.Fatalf("is %s, should be %s", got, stage)
	}
	return in
}

// Every stage is greeted and wished well, in every language, at every hour, however busy; strangers and first visits too.
func TestEveryStageIsGreetedInEveryLanguage(t *testing.T) {
	p := Default()
	for _, stage := range edge.Stages {
		for _, tag := range p.Languages() {
			for hour := range 24 {
				for load := range LoadRush + 1 {
					in := ofStage(t, stage)
					in.Language, in.Load = tag, load
					in.Now = time.Date(2026, 11, 24, hour, 30, 0, 0, time.UTC)
					got, bye := p.Choose(in).Prompt, p.Farewell(in).Text
					if got.Who.Greeting == "" || bye == "" {
						t.Errorf("%s, %s, %d o'clock, %s: %q, %q", stage, tag, hour, load, got.Who.Greeting, bye)
					}
				}
			}
		}
	}
	first := maya()
	first.Profile = edge.Profile{Customer: first.Profile.Customer}
	if got := p.Choose(first).Prompt; got.Who.Stage != edge.StageNew || got.Who.Rule != "greet-first" {
		t.Errorf("a first visit: %+v", got.Who)
	}
}

// Every line has something to say at every stage from the first visit on, in every language.
func TestEveryLineIsCoveredAtEveryStage(t *testing.T) {
	p := Default()
	records := [][]edge.Fact{
		nil,
		{told("i", edge.FactInterest, "Grows roses", 20*day)},
		{told("i", edge.FactInterest, "Grows roses", 20*day), told("p", edge.FactPreference, "No lid", 20*day)},
		{told("i", edge.FactInterest, "Grows roses", 20*day), told("p", edge.FactPreference, "No lid", 20*day), told("w", edge.FactPerson, "Ada", 20*day)},
		{told("a", edge.FactAvoid, "First name", 20*day)},
	}
	for _, stage := range edge.Stages[1:] {
		for _, tag := range p.Languages() {
			covered := map[string]bool{}
			for _, facts := range records {
				for more := range 4 {
					in := ofStage(t, stage, facts...)
					in.Language = tag
					in.Profile.Visits += more
					if got := p.Choose(in).Prompt; got.Who.Stage == stage {
						for name := range got.Lines() {
							covered[name] = true
						}
					}
				}
			}
			for _, name := range edge.LineNames {
				if !covered[name] {
					t.Errorf("%s, %s: nothing to %s", stage, tag, name)
				}
			}
		}
	}
}

// No two greetings of the default read alike, nor two farewells: else one could follow upon itself by way of another rule.
func TestNoTextStandsInTwoRules(t *testing.T) {
	p := Default()
	for i, tag := range p.languages {
		for _, l := range []line{lineGreeting, lineFarewell} {
			seen := map[string]string{}
			for _, r := range p.rules[l] {
				if r.stage == 0 && r.when == nil {
					continue // whoever is a stranger has no visit before
				}
				for _, each := range r.texts[i] {
					text := strings.ToLower(fmt.Sprint(each))
					if other, found := seen[text]; found {
						t.Errorf("%s: %s and %s both say %s", tag, other, r.name, text)
					}
					seen[text] = r.name
				}
			}
		}
	}
}

// Texts take their turns, so that each is heard, and none more often than the others.
func TestTextsRotate(t *testing.T) {
	p, in := Default(), ofStage(t, edge.StageRegular)
	heard := map[string]int{}
	for range 30 {
		got := p.Choose(in).Prompt
		heard[got.Who.Rule]++
		heard[got.Do.Rule]++
		in = later(in, got, 12*day)
		in.Profile.Gap = 12 * day
	}
	for _, rule := range []string{"greet-regular#1", "greet-regular#2", "greet-regular#3", "do-usual#1", "do-usual#2", "do-usual#3"} {
		if n := heard[rule]; n < 9 || n > 11 {
			t.Errorf("%s was heard %d times of 30", rule, n)
		}
	}
	// A question that is asked at every third visit has three wordings, and all are heard.
	in = maya().with()
	asked := map[string]int{}
	for range 60 {
		got := p.Choose(in).Prompt
		if got.Ask != nil && edge.RuleName(got.Ask.Rule) == "ask-interest" {
			asked[got.Ask.Rule]++
		}
		in = later(in, got, 12*day)
	}
	if len(asked) != 3 {
		t.Errorf("asked %v", asked)
	}
	// Rules of one priority take turns too: the one that spoke longest ago is next.
	pair := own(t, `[[rule]]
name = "a"
line = "do"
text.en = "A"
why.en = "x"
[[rule]]
name = "b"
line = "do"
text.en = "B"
why.en = "x"
[[rule]]
name = "c"
line = "do"
text.en = "C"
why.en = "x"
`)
	in = maya()
	var said []string
	for range 9 {
		got := pair.Choose(in).Prompt
		said = append(said, text(got.Do))
		in = later(in, got, 5*day)
	}
	if !slices.Equal(said[:3], said[3:6]) || !slices.Equal(said[:3], said[6:]) || said[0] == said[1] || said[1] == said[2] || said[0] == said[2] {
		t.Errorf("%v", said)
	}
}

// An apology comes before the question whether it was put right.
func TestRule6WhatWasJustToldBeginsAtTheBeginning(t *testing.T) {
	p := Default()
	for visits := range 4 {
		in := maya().with(told("c", edge.FactComplaint, "Soup was cold", day))
		in.Profile.Visits += visits
		first := p.Choose(in).Prompt
		second := p.Choose(later(in, first, 5*day)).Prompt
		if text(first.Do) != "Say sorry first, then listen" || text(second.Do) != "Ask if it has been put right" {
			t.Errorf("%q, then %q", text(first.Do), text(second.Do))
		}
	}
}

// A rule with one text, and no leave to repeat it, waits a visit.
func TestRule5OneTextWaitsAVisit(t *testing.T) {
	p, in := own(t, naming+"[[rule]]\nname = \"a\"\nline = \"do\"\ntext.en = \"Smile\"\nwhy.en = \"x\"\n"), maya()
	for visit := range 6 {
		got := p.Choose(in).Prompt
		if (got.Do != nil) != (visit%2 == 0) {
			t.Errorf("visit %d: %+v", visit, got.Do)
		}
		in = later(in, got, 5*day)
	}
}

// However a playbook is written, the stage is a ceiling: habits show in a rhythm only, and a name is said aloud to whoever is
// known.
func TestRule5TheCeilingHoldsWhateverAPlaybookSays(t *testing.T) {
	p := own(t, `[[rule]]
name = "named"
line = "greeting"
stage = "stranger"
priority = 9
repeat = true
text.en = "Hello {name}"
[[rule]]
name = "plain"
line = "greeting"
text.en = ["Hello", "Hello you"]
[[rule]]
name = "habit"
line = "do"
about = "usual"
stage = "new"
repeat = true
text.en = "Perhaps: {item}"
why.en = "x"
`)
	for i, stage := range edge.Stages {
		in := ofStage(t, stage)
		if stage == edge.StageNew {
			in.Profile.Usual = maya().Profile.Usual
		}
		got := p.Choose(in).Prompt
		named := strings.Contains(got.Who.Greeting, "Maya")
		if named != (i >= edge.StageRegular.Rank()) || (got.Do != nil) != (i >= edge.StageFamiliar.Rank()) {
			t.Errorf("%s (%s): %q, do %q", stage, got.Who.Stage, got.Who.Greeting, text(got.Do))
		}
	}
}
