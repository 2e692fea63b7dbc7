// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"redbench/edge"
)

const day = 24 * time.Hour

// morning is a Tuesday.
var morning = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)

// maya comes about every twelve days, likes one thing, and told us two.
func maya() Input {
	last := morning.Add(-12 * day)
	return Input{
		Known: true, Event: "event", PromptID: "prompt", Now: morning, Language: "en", ShownFor: time.Minute, Seed: 7,
		Profile: edge.Profile{
			Customer: edge.Customer{Ref: 3, Name: "Maya", Say: "MY-uh", Consent: edge.ConsentRemember},
			Visits:   9, First: last.Add(-96 * day), Gap: 12 * day,
			Usual: []edge.Habit{{SKU: "1", Name: "OAT FLAT WHITE LG", P: .83, Times: 8, Last: last}},
			Last: edge.LastVisit{At: last, Items: []edge.Item{
				{SKU: "1", Name: "OAT FLAT WHITE LG", Quantity: 1}, {SKU: "2", Name: "CARDAMOM BUN", Quantity: 2}, {SKU: "3", Name: "Rye loaf", Quantity: 1},
			}},
			Facts: []edge.Fact{
				told("f-person", edge.FactPerson, "Ada started nursery on Monday", 12*day),
				told("f-pref", edge.FactPreference, "No lid.", 40*day),
			},
		},
	}
}

func told(id string, kind edge.FactKind, text string, ago time.Duration) edge.Fact {
	return edge.Fact{ID: id, Kind: kind, Text: text, ToldTo: "Jo", Place: "harbour · 3", At: morning.Add(-ago)}
}

func (in Input) with(facts ...edge.Fact) Input {
	in.Profile.Facts = facts
	return in
}

// texts is every text of a prompt.
func texts(p edge.Prompt) []string {
	all := []string{p.Who.Greeting, p.Who.Since, p.Who.Name, p.Who.Say, p.Who.Address}
	said := p.Lines()
	for _, name := range edge.LineNames {
		all = append(all, said[name].Text, said[name].Why)
	}
	return all
}

func text(l *edge.Line) string {
	if l == nil {
		return ""
	}
	return l.Text
}

// later is her next visit: the prompt was shown, the checkout completed, and she comes again after so long.
func later(in Input, shown edge.Prompt, after time.Duration) Input {
	p := &in.Profile
	lines := shown.Lines()
	if shown.Who.Rule != "" {
		lines["greeting"] = edge.Line{Rule: shown.Who.Rule}
	}
	for _, each := range lines {
		said := edge.Said{Rule: each.Rule, Fact: each.Fact, At: in.Now}
		p.Said = append([]edge.Said{said}, slices.DeleteFunc(slices.Clone(p.Said), func(s edge.Said) bool { return s.Rule == said.Rule && s.Fact == said.Fact })...)
		p.Facts = slices.Clone(p.Facts)
		for i := range p.Facts {
			if p.Facts[i].ID == each.Fact {
				p.Facts[i].Shown = in.Now
			}
		}
	}
	p.Visits++
	p.Last.At = in.Now.Add(5 * time.Minute)
	in.Now = in.Now.Add(after)
	in.Seed++
	return in
}

func TestMaya(t *testing.T) {
	got := Default().Choose(maya()).Prompt
	want := edge.Prompt{
		ID: "prompt", Event: "event", ShownFor: time.Minute, Customer: 3,
		Who: edge.Who{Name: "Maya", Say: "MY-uh", Stage: edge.StageRegular, Since: "12 days since the last visit", Greeting: got.Who.Greeting, Rule: got.Who.Rule},
		Remember: &edge.Line{Text: "Ada started nursery on Monday (told to Jo at harbour)", Fact: "f-person",
			Why: "Told to Jo at harbour, 12 days ago", Rule: "remember-told"},
		Do: &edge.Line{Text: "The usual, perhaps: Oat Flat White LG, no lid", Fact: "f-pref",
			Why: "At 8 of 9 visits. Told to Jo at harbour, 40 days ago", Rule: "do-usual-preference#1", SKU: "1"},
	}
	if fmt.Sprintf("%+v %+v %+v", got, got.Remember, got.Do) == "" || got.Who != want.Who || *got.Remember != *want.Remember || *got.Do != *want.Do || got.Ask != nil || got.Avoid != nil {
		t.Errorf("%+v\nremember %+v\ndo %+v\nask %+v", got, got.Remember, got.Do, got.Ask)
	}
	if !strings.HasPrefix(got.Who.Greeting, "Good morning") {
		t.Errorf("greeting %q", got.Who.Greeting)
	}
}

func TestSinceInEachLanguage(t *testing.T) {
	p := Default()
	for tag, want := range map[string][4]string{
		"en": {"Here earlier today", "Here yesterday", "12 days since the last visit", "3 months since the last visit"},
		"es": {"Ya ha venido hoy", "Vino ayer", "12 días desde la última visita", "3 meses desde la última visita"},
		"fr": {"Déjà de passage aujourd'hui", "De passage hier", "12 jours depuis la dernière visite", "3 mois depuis la dernière visite"},
		"de": {"Heute schon einmal da", "Gestern zuletzt da", "12 Tage seit dem letzten Besuch", "3 Monate seit dem letzten Besuch"},
		"it": {"Già qui oggi", "Qui ieri", "12 giorni dall'ultima visita", "3 mesi dall'ultima visita"},
	} {
		for i, ago := range []time.Duration{2 * time.Hour, day, 12 * day, 90 * day} {
			in := maya()
			in.Language = tag
			in.Profile.Gap = 60 * day // a rare visitor: three months are no long absence
			in.Profile.Last.At = in.Now.Add(-ago)
			if got := p.Choose(in).Prompt.Who.Since; got != want[i] {
				t.Errorf("%s, %v: %q, want %q", tag, ago, got, want[i])
			}
		}
	}
}

func TestGreetingByTheHour(t *testing.T) {
	p := Default()
	for _, test := range []struct {
		tag  string
		hour int
		want string
	}{
		{"en", 9, "Good morning"}, {"en", 13, "Good afternoon"}, {"en", 19, "Good evening"}, {"en", 1, "Good evening"},
		{"es", 13, "Buenos días"}, {"es", 15, "Buenas tardes"}, {"es", 21, "Buenas noches"}, {"fr", 9, "Bonjour"}, {"fr", 19, "Bonsoir"},
		{"de", 9, "Guten Morgen"}, {"de", 12, "Guten Tag"}, {"de", 20, "Guten Abend"}, {"it", 11, "Buongiorno"}, {"it", 18, "Buonasera"},
		{"pt-BR", 9, "Good morning"}, {"de_CH.UTF-8", 9, "Guten Morgen"},
	} {
		in := Input{Now: time.Date(2026, 11, 24, test.hour, 0, 0, 0, time.UTC), Language: test.tag}
		if got := p.Choose(in).Prompt.Who.Greeting; !strings.HasPrefix(got, test.want) {
			t.Errorf("%s at %d: %q, want %q", test.tag, test.hour, got, test.want)
		}
	}
}

func TestASecondPromptOfOneVisitSaysTheSame(t *testing.T) {
	p, in := Default(), maya()
	first := p.Choose(in).Prompt
	again := later(in, first, 0)
	again.Profile.Visits, again.Profile.Last.At, again.Seed = in.Profile.Visits, in.Profile.Last.At, in.Seed // not completed: put aside
	again.Now = in.Now.Add(4 * time.Minute)
	second := p.Choose(again).Prompt
	if text(first.Remember) != text(second.Remember) || text(first.Do) != text(second.Do) || first.Who.Greeting != second.Who.Greeting {
		t.Errorf("%q, %q\nthen %q, %q", text(first.Remember), text(first.Do), text(second.Remember), text(second.Do))
	}
}

func TestEqualInputsChooseAlike(t *testing.T) {
	p, other := Default(), Default()
	rapid.Check(t, func(t *rapid.T) {
		in := anybody(t)
		a, b := p.Choose(in), other.Choose(in)
		if p.Farewell(in).Text != other.Farewell(in).Text {
			t.Fatal("another farewell")
		}
		if fmt.Sprintf("%+v %+v", a.Prompt.Who, texts(a.Prompt)) != fmt.Sprintf("%+v %+v", b.Prompt.Who, texts(b.Prompt)) {
			t.Fatalf("%v\n%v", texts(a.Prompt), texts(b.Prompt))
		}
	})
}

func TestExplainTellsWhatBecameOfEachRule(t *testing.T) {
	in := maya()
	in.Explain = true
	p := Default()
	plain, explained := p.Choose(maya()), p.Choose(in)
	if len(plain.Considered) != 0 {
		t.Error("considered without being asked")
	}
	if fmt.Sprint(texts(plain.Prompt)) != fmt.Sprint(texts(explained.Prompt)) {
		t.Error("to explain changes the choice")
	}
	chosen := 0
	for _, each := range explained.Considered {
		if each.Reason == "" || each.Rule == "" {
			t.Errorf("%+v has no reason", each)
		}
		if each.Chosen {
			chosen++
		}
	}
	if chosen != 3 { // greeting, remember, do
		t.Errorf("%d chosen of %d considered", chosen, len(explained.Considered))
	}
}

func TestNamesKeepTheirScriptAndDirection(t *testing.T) {
	p := Default()
	for _, name := range []string{"عمر", "李雷", "Nguyễn Thị Mai", "Łucja", "דנה", "ไพลิน", "Ní Bhriain"} {
		in := maya().with(told("f", edge.FactPerson, name+" → "+name, day))
		in.Profile.Customer.Name = name
		got := p.Choose(in).Prompt
		if got.Who.Name != name || !strings.Contains(text(got.Remember), name+" → "+name) {
			t.Errorf("%q became %q, %q", name, got.Who.Name, text(got.Remember))
		}
	}
}

func TestReadable(t *testing.T) {
	for _, test := range []struct{ till, want string }{
		{"OAT FLAT WHITE LG", "Oat Flat White LG"}, {"ARANCIATE / LIGHT", ""}, {"Oat flat white", "Oat flat white"},
		{"BEN & JERRY'S", "Ben & Jerry's"}, {"COCA-COLA ZERO 1L", "Coca-Cola Zero 1L"}, {"L'OREAL", "L'Oreal"}, {"eBook reader", "eBook reader"},
		{"PANE DI SEGALE", "Pane di Segale"}, {"BBQ SAUCE 250G", "BBQ Sauce 250G"}, {"  DOUBLE   SPACE ", "Double Space"},
		{"MILCH MIT HONIG", "Milch mit Honig"}, {"ÉCLAIR AU CAFÉ", "Éclair au Café"}, {"豆浆", "豆浆"}, {"ΦΡΈΣΚΟ ΓΆΛΑ", "Φρέσκο Γάλα"},
		{"WHITE HANGING HEART T-LIGHT HOLDER", "White Hanging Heart T-Light Holder"}, {"7UP", "7UP"}, {"", ""},
		{"PIZZE-FOCACCE-SPECIALITA' S.A. / PIZZA BIANCA", "Pizza Bianca"}, {"3 DRAWER ANTIQUE WHITE WOOD CABINET", ""}, {"TEA", "Tea"}, {"ICE TEA (PEACH)", "Ice Tea (Peach)"},
	} {
		if got := readable(test.till); got != test.want {
			t.Errorf("%q: %q, want %q", test.till, got, test.want)
		}
	}
}

func TestCutKeepsWordsAndMarks(t *testing.T) {
	long := strings.Repeat("Tells long stories about the harbour ", 4)
	got := cut(long, maxFact)
	if n := len([]rune(got)); n > maxFact || !strings.HasSuffix(got, "…") || strings.HasSuffix(got, " …") {
		t.Errorf("%d characters: %q", n, got)
	}
	if got := cut("short", 80); got != "short" {
		t.Errorf("%q", got)
	}
	in := maya().with(told("f", edge.FactInterest, long, day))
	if line := Default().Choose(in).Prompt.Remember; line == nil || len([]rune(line.Text)) > maxFact {
		t.Errorf("%+v", line)
	}
}

// anybody draws a customer with whatever a record may hold.
func anybody(t *rapid.T) Input {
	in := maya()
	in.Seed = rapid.Uint64().Draw(t, "seed")
	in.Language = rapid.SampledFrom([]string{"en", "es", "fr", "de", "it"}).Draw(t, "language")
	in.Now = in.Now.Add(time.Duration(rapid.IntRange(0, 24*60).Draw(t, "minutes")) * time.Minute)
	p := &in.Profile
	p.Customer.Consent = rapid.SampledFrom([]edge.Consent{edge.ConsentNone, edge.ConsentRecognise, edge.ConsentRemember, edge.ConsentRemember}).Draw(t, "consent")
	p.Visits = rapid.IntRange(0, 80).Draw(t, "visits")
	p.Gap = time.Duration(rapid.IntRange(1, 60).Draw(t, "gap")) * day
	p.Last.At = in.Now.Add(-time.Duration(rapid.IntRange(0, 700).Draw(t, "away")) * day)
	p.First = p.Last.At.Add(-p.Gap * time.Duration(p.Visits))
	p.Usual[0].P = rapid.Float64Range(0, 1).Draw(t, "p")
	p.Facts = nil
	for i := range rapid.IntRange(0, 6).Draw(t, "facts") {
		fact := told(fmt.Sprintf("fact-%d", i), rapid.SampledFrom(edge.FactKinds).Draw(t, "kind"), fmt.Sprintf("Something told %d", i),
			time.Duration(rapid.IntRange(0, 800).Draw(t, "age"))*day)
		fact.Private = rapid.Bool().Draw(t, "private")
		if rapid.Bool().Draw(t, "dated") {
			fact.Date = in.Now.AddDate(0, 0, rapid.IntRange(-40, 40).Draw(t, "in")).Format(time.DateOnly)
		}
		p.Facts = append(p.Facts, fact)
	}
	in.Load = LoadLevel(rapid.IntRange(0, 2).Draw(t, "load"))
	in.Lane = rapid.SampledFrom([]string{"", "3", "cafe-1"}).Draw(t, "lane")
	p.Customer.Address = rapid.SampledFrom([]string{"", "Dr. Weiß", "דנה"}).Draw(t, "address")
	p.Tallies, in.Tallies = tallies(t, in.Now), tallies(t, in.Now)
	if rapid.Bool().Draw(t, "denied") {
		p.Denied = []edge.Denied{{SKU: rapid.SampledFrom([]string{"1", "2", "none"}).Draw(t, "sku"), At: in.Now.Add(-time.Duration(rapid.IntRange(0, 90).Draw(t, "since")) * day)}}
	}
	return in
}

// tallies draws what became of some rules.
func tallies(t *rapid.T, now time.Time) []edge.Tally {
	var all []edge.Tally
	count := rapid.IntRange(0, 30)
	for _, name := range []string{"remember-complaint", "remember-promise", "remember-told", "do-complaint", "do-usual", "do-usual-preference", "ask-interest"} {
		if rapid.Bool().Draw(t, name) {
			all = append(all, edge.Tally{Rule: name, Shown: 90, Used: count.Draw(t, "used"), NotNow: count.Draw(t, "not now"), Wrong: count.Draw(t, "wrong"),
				At: now.Add(-time.Duration(rapid.IntRange(0, 300).Draw(t, "told")) * day)})
		}
	}
	return all
}
