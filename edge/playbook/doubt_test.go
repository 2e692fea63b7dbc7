// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"testing"

	"redbench/edge"
)

// Of two facts that speak against each other the newer stands; the older is asked anew, or left out.
func TestAContradictedFactIsAskedAnew(t *testing.T) {
	p := Default()
	for _, test := range []struct {
		newer, older string
		opposed      bool
	}{
		{"No milk", "Milk", true}, {"With milk, please", "No milk.", true}, {"never a lid", "A lid", true}, {"Sin azúcar", "con azúcar", true},
		{"Sans sucre", "Du sucre", true}, {"Ohne Deckel", "Mit Deckel", true}, {"Senza zucchero", "Con zucchero", true},
		{"No milk", "No sugar", false}, {"Oat milk", "No oats", false}, {"Extra hot", "No foam", false},
	} {
		in := maya().with(told("new", edge.FactPreference, test.newer, day), told("old", edge.FactPreference, test.older, 60*day))
		in.Profile.Usual = nil
		var stated, asked bool
		for range 6 {
			got := p.Choose(in).Prompt
			for name, each := range got.Lines() {
				if each.Fact == "old" {
					asked, stated = asked || name == "ask", stated || name != "ask"
				}
			}
			in = later(in, got, 5*day)
		}
		if stated == test.opposed || asked != test.opposed {
			t.Errorf("%q, then %q: the older is stated %v, asked %v", test.older, test.newer, stated, asked)
		}
	}
	exam := func(id, date string, days int) edge.Fact {
		f := told(id, edge.FactDate, "Exam", 0)
		f.At, f.Date = morning.AddDate(0, 0, -days), date
		return f
	}
	in := maya().with(exam("new", "2026-11-27", 1), exam("old", "2026-11-24", 9))
	if got := p.Choose(in).Prompt.Remember; got == nil || got.Fact != "new" {
		t.Errorf("the day was moved: %+v", got)
	}
}

// What was told twice is said once.
func TestWhatWasToldTwiceIsSaidOnce(t *testing.T) {
	p := Default()
	in := maya().with(told("a", edge.FactInterest, "Grows roses", day), told("b", edge.FactInterest, "grows roses.", 3*day))
	said := 0
	for range 5 {
		got := p.Choose(in).Prompt
		if got.Remember != nil && (got.Remember.Fact == "a" || got.Remember.Fact == "b") {
			said++
		}
		in = later(in, got, 3*day)
	}
	if said != 1 {
		t.Errorf("said %d times", said)
	}
}

// An old fact is asked anew before it is used; once it is confirmed it is stated again.
func TestRule7AConfirmedFactIsStatedAgain(t *testing.T) {
	p := Default()
	in := maya().with(told("f", edge.FactInterest, "Grows roses", 500*day))
	got := p.Choose(in).Prompt
	if got.Ask == nil || got.Ask.Fact != "f" || got.Remember != nil && got.Remember.Fact == "f" {
		t.Fatalf("%+v", got.Lines())
	}
	in = later(in, got, 60*day)
	in.Profile.Facts[0].At = in.Now.Add(-60 * day) // confirmed then
	if got := p.Choose(in).Prompt; got.Remember == nil || got.Remember.Fact != "f" || got.Ask != nil && got.Ask.Fact == "f" {
		t.Errorf("%+v", got.Lines())
	}
}
