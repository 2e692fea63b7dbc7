// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"redbench/edge"
)

// At a rush: no question, and one line but for what is open and what protects her.
func TestShorterAtRush(t *testing.T) {
	p := Default()
	rapid.Check(t, func(t *rapid.T) {
		in := anybody(t)
		in.Profile.Customer.Consent = edge.ConsentRemember
		in.Load = LoadCalm
		calm := p.Choose(in).Prompt
		in.Load = LoadRush
		rush := p.Choose(in).Prompt
		c := p.chooser(in)
		open := c.isOpen()
		p.release(c)
		switch {
		case rush.Ask != nil:
			t.Fatalf("asks %q", rush.Ask.Text)
		case rush.Do != nil && rush.Remember != nil && !open:
			t.Fatalf("do %q, remember %q", rush.Do.Text, rush.Remember.Text)
		case text(rush.Avoid) != text(calm.Avoid):
			t.Fatalf("avoid %q, and in a calm %q", text(rush.Avoid), text(calm.Avoid))
		case open && (rush.Remember == nil || calm.Remember == nil || rush.Remember.Fact != calm.Remember.Fact):
			t.Fatalf("open: %+v, and in a calm %+v", rush.Remember, calm.Remember)
		case !open && len(calm.Lines()) > 0 && calm.Ask == nil && len(rush.Lines()) == 0:
			t.Fatalf("nothing is left of %+v", calm.Lines())
		}
		in.Load = LoadBusy
		if busy := p.Choose(in).Prompt; busy.Do != nil && busy.Remember != nil && busy.Ask != nil {
			t.Fatalf("three lines on a busy lane: %+v", busy.Lines())
		}
	})
}

// The shorter texts take turns, so that nobody hears one twice running.
func TestABusyLaneHearsTheShorterTexts(t *testing.T) {
	p := own(t, `[[rule]]
name = "a"
line = "greeting"
text.en = ["Good morning to you on this fine day", "Hello", "Good morning"]
`)
	in := maya()
	in.Load = LoadBusy
	before := ""
	for visit := range 6 {
		got := p.Choose(in).Prompt
		if n := utf8.RuneCountInString(got.Who.Greeting); n > 12 || got.Who.Greeting == before {
			t.Errorf("visit %d: %q after %q", visit, got.Who.Greeting, before)
		}
		before, in = got.Who.Greeting, later(in, got, 5*day)
	}
	if got := doing(t, `when = 'load == "rush"'`).Choose(in).Prompt.Do; got != nil {
		t.Errorf("%q on a lane that is only busy", got.Text)
	}
}

func TestLoadComesFromCheckoutsInARow(t *testing.T) {
	row := 0
	for i, wait := range []time.Duration{0, 5 * time.Second, 20 * time.Second, 3 * time.Second, 9 * time.Second, 10 * time.Second} {
		want := []LoadLevel{LoadCalm, LoadCalm, LoadBusy, LoadBusy, LoadBusy, LoadRush}[i]
		if row = InRow(row, wait); LoadAfter(row) != want {
			t.Errorf("after %d in a row: %v, want %v", row, LoadAfter(row), want)
		}
	}
	for _, wait := range []time.Duration{21 * time.Second, time.Hour, -time.Second} {
		if got := LoadAfter(InRow(row, wait)); got != LoadCalm {
			t.Errorf("after a pause of %v: %v", wait, got)
		}
	}
	if _, err := ParseLoad("hectic"); err == nil {
		t.Error("hectic is a level")
	}
}
