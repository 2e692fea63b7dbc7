// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"redbench/edge"
	"redbench/edge/memory"
)

// The seven rules of what a good prompt is. More tests name a rule in welcome_test.go (6), coverage_test.go (5) and
// doubt_test.go (7).

// Rule 1, the red bench: every prompt picks up where her last visit ended.
func TestRule1TheRedBench(t *testing.T) {
	p := Default()
	in := maya().with()
	in.Profile.Usual = nil
	if got := text(p.Choose(in).Prompt.Remember); !strings.Contains(got, "Oat Flat White LG and Cardamom Bun") {
		t.Errorf("what she took home last time is not there: %q", got)
	}
	in = maya().with(told("f", edge.FactPromise, "Recipe card for the focaccia", 12*day), told("g", edge.FactPerson, "Ada started nursery", day))
	if got := text(p.Choose(in).Prompt.Remember); !strings.HasPrefix(got, "We promised: Recipe card") && !strings.HasPrefix(got, "Our promise: Recipe card") {
		t.Errorf("what she was promised is not there: %q", got)
	}
	in = maya().with(told("f", edge.FactComplaint, "Soup was cold on Monday", 12*day), told("g", edge.FactPromise, "Recipe card", day))
	if got := text(p.Choose(in).Prompt.Remember); !strings.Contains(got, "Soup was cold on Monday") {
		t.Errorf("what upset her is not there: %q", got)
	}
	// At whichever store of the chain that was.
	elsewhere := told("f", edge.FactPerson, "Ada started nursery", 3*day)
	elsewhere.Place = "riverside · 1"
	in = maya().with(elsewhere)
	in.Profile.Last.Store = "riverside"
	if got := text(p.Choose(in).Prompt.Remember); got != "Ada started nursery (told to Jo at riverside)" {
		t.Errorf("what she told at another store: %q", got)
	}
}

// Rule 2, greet a person, not a transaction: no formula, no offer, no points; a stranger is greeted too.
func TestRule2GreetAPersonNotATransaction(t *testing.T) {
	p := Default()
	for _, tag := range p.Languages() {
		for hour := range 24 {
			for seed := range uint64(6) {
				in := Input{Now: time.Date(2026, 11, 24, hour, 0, 0, 0, time.UTC), Language: tag, Seed: seed}
				greeting := p.Choose(in).Prompt.Who.Greeting
				if greeting == "" {
					t.Errorf("%s: a stranger is not greeted at %d", tag, hour)
				}
				if found := banned(greeting, tag, lineGreeting, 0); len(found) > 0 {
					t.Errorf("%v", found)
				}
			}
		}
	}
	// It begins with the very first visit of whoever has just joined.
	first := Input{Known: true, Now: morning, Language: "en", Profile: edge.Profile{Customer: maya().Profile.Customer}}
	if got := p.Choose(first).Prompt; got.Who.Rule != "greet-first" || got.Who.Since != "" || len(got.Lines()) > 0 && got.Ask == nil {
		t.Errorf("a first visit: %+v, %+v", got.Who, got.Lines())
	}
	// The net that holds this catches what it is for.
	for tag, openings := range map[string][]string{
		"en": {"Good morning, can I help you?", "Hello, looking for something?", "Next, please"},
		"es": {"Buenos días, ¿le puedo ayudar?", "Hola, ¿en qué puedo servirle?", "¿Qué desea?"},
		"fr": {"Bonjour, puis-je vous aider ?", "Bonjour, vous désirez ?"},
		"de": {"Guten Tag, kann ich Ihnen helfen?", "Hallo, was darf's sein?", "Der nächste, bitte"},
		"it": {"Buongiorno, posso aiutarla?", "Salve, desidera?", "Mi dica"},
	} {
		for _, each := range openings {
			if len(banned(each, tag, lineGreeting, 0)) == 0 {
				t.Errorf("%s: %q passes", tag, each)
			}
		}
	}
	for tag, upsells := range map[string][]string{
		"en": {"Anything else?", "A muffin is on offer", "You have 340 points"}, "es": {"¿Algo más?", "Tiene 340 puntos"},
		"fr": {"Et avec ceci ?", "Autre chose ?", "Il vous reste 340 points"}, "de": {"Sonst noch etwas?", "Sie haben 340 Punkte"},
		"it": {"Serve altro?", "Ha 340 punti", "Croissant in offerta"},
	} {
		for _, each := range upsells {
			if len(banned(each, tag, lineDo, 4)) == 0 {
				t.Errorf("%s: %q passes", tag, each)
			}
		}
	}
}

// Rule 3, your only customer: nothing of one customer is in the prompt of another, not even by way of what is used again.
func TestRule3YourOnlyCustomer(t *testing.T) {
	p := Default()
	her := maya().with(told("f-hers", edge.FactPerson, "Zebra-striped pram", day))
	his := maya().with(told("f-his", edge.FactPerson, "Quince jam every autumn", day))
	his.Profile.Customer = edge.Customer{Ref: 4, Name: "Omar", Consent: edge.ConsentRemember}
	for range 50 {
		p.Choose(her)
		for _, each := range texts(p.Choose(his).Prompt) {
			if strings.Contains(each, "Zebra") || strings.Contains(each, "Maya") {
				t.Fatalf("hers in his: %q", each)
			}
		}
		for _, each := range texts(p.Choose(Input{Now: morning}).Prompt) {
			if strings.Contains(each, "Omar") || strings.Contains(each, "Quince") {
				t.Fatalf("his in a stranger's: %q", each)
			}
		}
	}
}

// Rule 4, act before she asks: what we noticed and what she told becomes something to do, and a guess stays a guess.
func TestRule4ActBeforeSheAsks(t *testing.T) {
	p := Default()
	do := p.Choose(maya()).Prompt.Do
	if text(do) != "The usual, perhaps: Oat Flat White LG, no lid" || !strings.Contains(do.Why, "8 of 9") {
		t.Errorf("%+v", do)
	}
	rapid.Check(t, func(t *rapid.T) {
		in := anybody(t)
		in.Profile.Usual[0].Times = rapid.IntRange(0, 9).Draw(t, "times")
		do := p.Choose(in).Prompt.Do
		named := memory.Named(in.Profile.Usual[0])
		if do != nil && strings.Contains(do.Text, "Oat Flat White") && !named {
			t.Fatalf("named at p %v, %d times: %q", in.Profile.Usual[0].P, in.Profile.Usual[0].Times, do.Text)
		}
	})
	// However sure, it is offered as a guess, in every language.
	for _, tag := range p.Languages() {
		for visits := range 6 {
			in := maya().with()
			in.Language, in.Profile.Visits = tag, 20+visits
			got := text(p.Choose(in).Prompt.Do)
			if got == "Oat Flat White LG" || !strings.Contains(got, "Oat Flat White LG") {
				t.Errorf("%s: %q", tag, got)
			}
		}
	}
}

// Rule 5, know, don't love: the stage is a ceiling, each remembered line knows its source, nothing is said twice running.
func TestRule5KnowDontLove(t *testing.T) {
	p := Default()
	rapid.Check(t, func(t *rapid.T) {
		in := anybody(t)
		got := p.Choose(in).Prompt
		for name, each := range got.Lines() {
			if each.Why == "" {
				t.Fatalf("%s %q has no why", name, each.Text)
			}
			i := slices.IndexFunc(p.rules[line(name)], func(r *rule) bool { return r.name == edge.RuleName(each.Rule) })
			if rule := p.rules[line(name)][i]; rule.stage > got.Who.Stage.Rank() {
				t.Fatalf("%s is for %s and stands at %s", rule.name, edge.Stages[rule.stage], got.Who.Stage)
			}
		}
	})
	line := p.Choose(maya()).Prompt.Remember
	for _, each := range []string{"Jo", "harbour", "12 days ago"} {
		if !strings.Contains(line.Why, each) {
			t.Errorf("why %q does not tell %q", line.Why, each)
		}
	}
}

// Nothing is repeated visit after visit: no line reads as it did the last time. What protects her is the one exception.
func TestRule5NothingTwiceRunning(t *testing.T) {
	p := Default()
	rapid.Check(t, func(t *rapid.T) {
		in := anybody(t)
		in.Profile.Customer.Consent = edge.ConsentRemember
		in.Profile.Last.At = in.Now.Add(-5 * day)
		var before edge.Prompt
		for visit := range 12 {
			got := p.Choose(in).Prompt
			if visit > 0 {
				for _, name := range []string{"remember", "do", "ask"} {
					if now, then := got.Lines()[name], before.Lines()[name]; now.Text != "" && now.Text == then.Text {
						t.Fatalf("visit %d: %s reads %q again (%s)", visit, name, now.Text, now.Rule)
					}
				}
				if got.Who.Greeting != "" && got.Who.Greeting == before.Who.Greeting {
					t.Fatalf("visit %d: greeted %q again", visit, got.Who.Greeting)
				}
			}
			in.Load = LoadLevel(rapid.IntRange(0, 2).Draw(t, "load"))
			before, in = got, later(in, got, time.Duration(rapid.IntRange(1, 30).Draw(t, "days"))*day)
		}
	})
}

func TestRule5AFactRestsBeforeItIsSaidAgain(t *testing.T) {
	p, in := Default(), maya().with(told("f", edge.FactPerson, "Ada started nursery", day))
	shown := 0
	for range 12 { // a visit every three days
		got := p.Choose(in).Prompt
		if got.Remember != nil && got.Remember.Fact == "f" {
			shown++
		}
		in = later(in, got, 3*day)
	}
	if shown != 1 {
		t.Errorf("one fact was said %d times in 36 days", shown)
	}
}

// Rule 6, listen: complaints and promises outrank all and stay; one question at most, none to whoever likes it quiet.
func TestRule6Listen(t *testing.T) {
	p := Default()
	rapid.Check(t, func(t *rapid.T) {
		in := anybody(t)
		in.Profile.Customer.Consent = edge.ConsentRemember
		complaint := told("complaint", edge.FactComplaint, "Soup was cold on Monday", time.Duration(rapid.IntRange(0, 900).Draw(t, "days"))*day)
		in.Profile.Facts = append([]edge.Fact{complaint}, in.Profile.Facts...)
		in.Profile.Facts = slices.DeleteFunc(in.Profile.Facts, func(f edge.Fact) bool { return f.Kind == edge.FactComplaint && f.ID != "complaint" })
		for visit := range 4 {
			got := p.Choose(in).Prompt
			if got.Remember == nil || got.Remember.Fact != "complaint" {
				t.Fatalf("visit %d: an open complaint is outranked by %+v", visit, got.Remember)
			}
			in = later(in, got, 4*day)
		}
	})
	asked, quiet := 0, 0
	for visits := 1; visits <= 24; visits++ {
		in := maya().with()
		in.Profile.Visits = visits
		if p.Choose(in).Prompt.Ask != nil {
			asked++
		}
		in = in.with(told("f", edge.FactNoChat, "Likes it quiet at lunch", day))
		if got := p.Choose(in).Prompt; got.Ask != nil {
			quiet++
		} else if got.Avoid == nil || got.Avoid.Rule != "avoid-chat" {
			t.Errorf("visit %d: that she likes it quiet is not told", visits)
		}
	}
	if asked == 0 || asked > 12 || quiet != 0 {
		t.Errorf("asked at %d of 24 visits, and at %d of whoever likes it quiet", asked, quiet)
	}
}

// The question fills the next gap: interests, then preferences, then who matters.
func TestRule6AsksForTheNextGap(t *testing.T) {
	p := Default()
	interest, preference := told("i", edge.FactInterest, "Grows roses", 200*day), told("p", edge.FactPreference, "No lid", 200*day)
	asks := func(facts ...edge.Fact) map[string]bool {
		rules := map[string]bool{}
		for visits := 3; visits <= 27; visits++ {
			in := maya().with(facts...)
			in.Profile.Visits = visits
			if ask := p.Choose(in).Prompt.Ask; ask != nil {
				rules[edge.RuleName(ask.Rule)] = true
			}
		}
		return rules
	}
	for want, facts := range map[string][]edge.Fact{"ask-interest": nil, "ask-preference": {interest}, "ask-person": {interest, preference}} {
		if got := asks(facts...); len(got) != 1 || !got[want] {
			t.Errorf("%v, want %s alone", got, want)
		}
	}
}

// Rule 7, honour the relationship: old facts are asked anew, a long absence is welcomed, limits and wishes hold.
func TestRule7HonourTheRelationship(t *testing.T) {
	p := Default()
	rapid.Check(t, func(t *rapid.T) {
		in := anybody(t)
		for _, each := range p.Choose(in).Prompt.Lines() {
			i := slices.IndexFunc(in.Profile.Facts, func(f edge.Fact) bool { return f.ID == each.Fact })
			if i >= 0 && old(&in.Profile.Facts[i], in.Now) && edge.RuleName(each.Rule) != "ask-again" {
				t.Fatalf("%s states what was told %v ago: %q", each.Rule, in.Now.Sub(in.Profile.Facts[i].At), each.Text)
			}
		}
	})
	in := maya().with(told("f", edge.FactInterest, "Grows roses on the allotment", 500*day))
	if got := p.Choose(in).Prompt; text(got.Ask) != "Still so? Grows roses on the allotment" {
		t.Errorf("an old fact is not asked anew: %q", text(got.Ask))
	}
	in = maya()
	in.Profile.Last.At = in.Now.Add(-200 * day)
	who := p.Choose(in).Prompt.Who
	if who.Since != "" || !strings.Contains(who.Greeting, "good") || !strings.Contains(who.Greeting, "again") && !strings.Contains(who.Greeting, "back") {
		t.Errorf("a long absence: %q, %q", who.Greeting, who.Since)
	}
	in = maya().with(told("a", edge.FactAvoid, "First name", 900*day), told("l", edge.FactLimit, "No tab", 900*day))
	// What she wants forgotten is forgotten: her card is a stranger's.
	gone := maya()
	gone.Profile, gone.Known = edge.Profile{}, false
	if got := p.Choose(gone).Prompt; got.Who.Name != "" || got.Customer != 0 || len(got.Lines()) > 0 || got.Who.Stage != edge.StageStranger {
		t.Errorf("after she was forgotten: %+v", got)
	}
	for range 3 {
		got := p.Choose(in).Prompt
		if text(got.Avoid) != "Please avoid: First name" || got.Ask != nil {
			t.Errorf("what to avoid: %q, asked %q", text(got.Avoid), text(got.Ask))
		}
		in = later(in, got, 5*day)
	}
}

// What is never on the screen: private facts, closed and ended ones, what a thing is for, sums.
func TestNeverOnTheScreen(t *testing.T) {
	p := Default()
	rapid.Check(t, func(t *rapid.T) {
		in := anybody(t)
		secret := told("secret", rapid.SampledFrom(edge.FactKinds).Draw(t, "kind"), "Xylophone", time.Duration(rapid.IntRange(0, 900).Draw(t, "age"))*day)
		switch rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			secret.Private = true
		case 1:
			secret.Closed = in.Now.Add(-day)
		default:
			secret.Until = in.Now.Add(-time.Minute)
		}
		in.Profile.Facts = append(in.Profile.Facts, secret)
		in.Profile.Usual = append([]edge.Habit{{SKU: "9", Name: "PREGNANCY TEST", P: .99, Times: 9}}, in.Profile.Usual...)
		in.Profile.Last.Items = append([]edge.Item{{SKU: "9", Name: "Pregnancy test", Quantity: 1, AmountMinor: 987654}}, in.Profile.Last.Items...)
		for _, each := range texts(p.Choose(in).Prompt) {
			for _, never := range []string{"Xylophone", "regnancy", "987"} {
				if strings.Contains(each, never) {
					t.Fatalf("%q", each)
				}
			}
		}
	})
}

// Consent: none is a stranger's greeting, recognise is the name alone.
func TestConsent(t *testing.T) {
	p := Default()
	for _, consent := range []edge.Consent{edge.ConsentNone, "", "sometimes"} {
		in := maya()
		in.Profile.Customer.Consent = consent
		got := p.Choose(in).Prompt
		if got.Who.Name != "" || got.Who.Say != "" || got.Who.Stage != edge.StageStranger || got.Who.Greeting == "" || got.Customer != 0 || len(got.Lines()) > 0 {
			t.Errorf("consent %q: %+v", consent, got)
		}
		if bye := p.Farewell(in); bye.Text == "" || len(bye.Chips) > 0 {
			t.Errorf("consent %q: %+v", consent, bye)
		}
	}
	in := maya()
	in.Profile.Customer.Consent = edge.ConsentRecognise
	got := p.Choose(in).Prompt
	if got.Who.Name != "Maya" || got.Who.Say != "MY-uh" || got.Who.Since != "" || got.Who.Stage != edge.StageNew || len(got.Lines()) > 0 {
		t.Errorf("recognised: %+v", got)
	}
	if bye := p.Farewell(in); len(bye.Chips) > 0 {
		t.Errorf("what may not be learnt is offered: %v", bye.Chips)
	}
	in = maya()
	in.Known = false
	if got := p.Choose(in).Prompt; got.Who.Name != "" || got.Customer != 0 {
		t.Errorf("not known: %+v", got)
	}
}

func TestNoGreetingIsHonoured(t *testing.T) {
	p, in := Default(), maya().with(told("f", edge.FactNoGreeting, "Please don't greet me", day))
	got := p.Choose(in).Prompt
	if got.Who.Greeting != "" || got.Avoid == nil || got.Avoid.Rule != "avoid-greeting" {
		t.Errorf("greeted %q, avoid %+v", got.Who.Greeting, got.Avoid)
	}
	in.Profile.Customer.Consent = edge.ConsentRecognise
	if got := p.Choose(in).Prompt; got.Who.Greeting != "" {
		t.Errorf("greeted %q", got.Who.Greeting)
	}
}

func TestDates(t *testing.T) {
	p := Default()
	on := func(days int) edge.Fact {
		f := told("f", edge.FactDate, "Exam", 20*day)
		f.Date = morning.AddDate(0, 0, days).Format(time.DateOnly)
		return f
	}
	for days, want := range map[int][2]string{
		0: {"Today: Exam (told to Jo at harbour)", ""}, 1: {"Tomorrow: Exam (told to Jo at harbour)", ""},
		5: {"In 5 days: Exam (told to Jo at harbour)", ""}, -3: {"", "How did it go? (Exam)"},
	} {
		got := p.Choose(maya().with(on(days))).Prompt
		if want[0] != "" && text(got.Remember) != want[0] || want[1] != "" && text(got.Ask) != want[1] {
			t.Errorf("%d days: remember %q, ask %q", days, text(got.Remember), text(got.Ask))
		}
	}
	for _, days := range []int{8, 40, -30} {
		if got := p.Choose(maya().with(on(days))).Prompt; strings.Contains(text(got.Remember)+text(got.Ask), "Exam") {
			t.Errorf("%d days: %q, %q", days, text(got.Remember), text(got.Ask))
		}
	}
	birthday := told("f", edge.FactDate, "Birthday", 20*day)
	birthday.Date = "1984-11-25"
	if got := text(p.Choose(maya().with(birthday)).Prompt.Remember); !strings.HasPrefix(got, "Tomorrow: Birthday") {
		t.Errorf("a day that comes each year: %q", got)
	}
}

// Whatever a customer tells can be written down, and what she is likeliest to tell is not behind a "More".
func TestChipsOfferEveryKindTheNextGapFirst(t *testing.T) {
	p := Default()
	interest, preference := told("i", edge.FactInterest, "Roses", day), told("p", edge.FactPreference, "No lid", day)
	for _, test := range []struct {
		name  string
		facts []edge.Fact
		first edge.FactKind
	}{
		{"nothing is known", nil, edge.FactInterest},
		{"an interest is known", []edge.Fact{interest}, edge.FactPreference},
		{"nobody of hers is known", []edge.Fact{interest, preference}, edge.FactPerson},
		{"she likes it quiet", []edge.Fact{told("q", edge.FactNoChat, "", day)}, edge.FactPreference},
	} {
		got := p.Farewell(maya().with(test.facts...)).Chips
		if len(got) == 0 || got[0] != test.first {
			t.Errorf("%s: %v", test.name, got)
			continue
		}
		for _, each := range []edge.FactKind{edge.FactComplaint, edge.FactPromise, edge.FactPraise} {
			if at := slices.Index(got, each); at < 0 || at > 5 {
				t.Errorf("%s: %s is not among the first six of %v", test.name, each, got)
			}
		}
		slices.Sort(got)
		every := slices.Sorted(slices.Values(edge.FactKinds))
		if !slices.Equal(got, every) {
			t.Errorf("%s: offered %v, want each kind once", test.name, got)
		}
	}
}

func TestEachDayHasItsPrinciple(t *testing.T) {
	p := Default()
	for _, tag := range p.Languages() {
		seen := map[string]bool{}
		for i := range len(p.principles) {
			got := p.Principle(morning.AddDate(0, 0, i), tag)
			if got.Title == "" || got.Text == "" || got != p.Principle(morning.AddDate(0, 0, i).Add(14*time.Hour), tag) {
				t.Errorf("%s, day %d: %+v", tag, i, got)
			}
			seen[got.Title] = true
		}
		if len(seen) != len(p.principles) {
			t.Errorf("%s: %d of %d principles in as many days", tag, len(seen), len(p.principles))
		}
	}
	p.Principle(time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), "en") // a box without a clock
}
