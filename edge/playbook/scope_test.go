// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"strings"
	"testing"
	"time"

	"redbench/edge"
)

// own loads a playbook of a few English rules.
func own(t *testing.T, rules string) *Playbook {
	t.Helper()
	p, err := Load(strings.NewReader("version = 1\nlanguages = [\"en\"]\n"+rules), "own.toml")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// doing is a playbook with one rule for what to do.
func doing(t *testing.T, more string) *Playbook {
	t.Helper()
	return own(t, "[[rule]]\nname = \"a\"\nline = \"do\"\nrepeat = true\ntext.en = \"Smile\"\nwhy.en = \"Because\"\n"+more)
}

func TestHoursWeekdaysAndLanes(t *testing.T) {
	for _, test := range []struct {
		rule string
		at   string // on the Tuesday
		lane string
		want bool
	}{
		{`hours = "7-11"`, "09:30", "", true}, {`hours = "7-11"`, "11:00", "", false}, {`hours = "7-11"`, "06:59", "", false},
		{`hours = ["07:30-08:00", "17-19"]`, "18:59", "", true}, {`hours = ["07:30-08:00", "17-19"]`, "07:29", "", false},
		{`hours = "22-2"`, "23:10", "", true}, {`hours = "22-2"`, "01:59", "", true}, {`hours = "22-2"`, "02:00", "", false}, {`hours = "0-24"`, "23:59", "", true},
		{`weekdays = ["tuesday"]`, "09:30", "", true}, {`weekdays = "Tuesday"`, "09:30", "", true}, {`weekdays = ["saturday", "sunday"]`, "09:30", "", false},
		{`lanes = ["3", "cafe-*"]`, "09:30", "3", true}, {`lanes = ["3", "cafe-*"]`, "09:30", "cafe-2", true}, {`lanes = "cafe-*"`, "09:30", "cafe", false},
		{`lanes = ["3"]`, "09:30", "33", false}, {`lanes = ["3"]`, "09:30", "", false}, {`when = 'lane == "3"'`, "09:30", "3", true},
		{`when = 'lane == "3"'`, "09:30", "4", false},
	} {
		in := maya()
		in.Lane = test.lane
		at, err := time.Parse("15:04", test.at)
		if err != nil {
			t.Fatal(err)
		}
		in.Now = time.Date(2026, 11, 24, at.Hour(), at.Minute(), 0, 0, time.UTC)
		if got := doing(t, test.rule).Choose(in).Prompt.Do != nil; got != test.want {
			t.Errorf("%s on lane %q at %s: speaks %v", test.rule, test.lane, test.at, got)
		}
	}
}

func TestOnceAVisitADayEver(t *testing.T) {
	// The first tap; the card comes back in the same visit; a visit later that day; the next day; a month later.
	for once, want := range map[string][5]bool{
		"visit": {true, false, true, true, true}, "day": {true, true, false, true, true}, "ever": {true, true, false, false, false},
		"": {true, true, true, true, true},
	} {
		rule := ""
		if once != "" {
			rule = "once = \"" + once + "\""
		}
		p, in := doing(t, rule), maya()
		says := func(i int) {
			t.Helper()
			got := p.Choose(in).Prompt
			if (got.Do != nil) != want[i] {
				t.Errorf("once %q, step %d: speaks %v", once, i, got.Do != nil)
			}
			visits, last, now := in.Profile.Visits, in.Profile.Last.At, in.Now
			in = later(in, got, 0)
			if got.Do != nil && in.Profile.Tallies == nil {
				in.Profile.Tallies = []edge.Tally{{Rule: "a", Shown: 1, At: now}}
			}
			if i == 0 { // put aside
				in.Profile.Visits, in.Profile.Last.At = visits, last
			}
		}
		for i, after := range []time.Duration{4 * time.Minute, 3 * time.Hour, 21 * time.Hour, 30 * day, 0} {
			says(i)
			in.Now = in.Now.Add(after)
		}
		// What was said is forgotten after a few visits; that the rule was shown is not.
		in.Profile.Said = nil
		if got := p.Choose(in).Prompt.Do != nil; got != (once != "ever") {
			t.Errorf("once %q, much later: speaks %v", once, got)
		}
	}
}

// Once is for the same fact, where a rule has one.
func TestOnceEverIsForEachFact(t *testing.T) {
	p := own(t, `[[rule]]
name = "tell"
line = "remember"
facts = ["interest"]
once = "ever"
text.en = "{fact}"
why.en = "{learned}"
`)
	in := maya().with(told("a", edge.FactInterest, "Roses", day), told("b", edge.FactInterest, "Chess", 2*day))
	var said []string
	for range 4 {
		got := p.Choose(in).Prompt
		said = append(said, text(got.Remember))
		in = later(in, got, 10*day)
	}
	if strings.Join(said, "|") != "Roses|Chess||" {
		t.Errorf("%q", said)
	}
}
