// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"

	"redbench/edge"
	"redbench/edge/memory"
)

// Farewell finds what to say when the checkout completes, and what may be captured now: nothing where nothing is learnt.
// Its ID is left to the caller.
func (p *Playbook) Farewell(in Input) edge.Farewell {
	farewell, _ := p.ChooseFarewell(in)
	return farewell
}

// ChooseFarewell is [Playbook.Farewell] with what was considered, where that is asked for.
func (p *Playbook) ChooseFarewell(in Input) (edge.Farewell, []Candidate) {
	c := p.chooser(in)
	defer p.release(c)
	out := edge.Farewell{Prompt: in.PromptID, ShownFor: in.ShownFor}
	if got := c.best(lineFarewell); got != nil {
		out.Text = got.text
	}
	if c.level == edge.ConsentRemember {
		out.Chips = c.chips()
	}
	return out, c.considered
}

// chips offers every kind of fact, the likeliest first, because a screen shows only the first few at once: the next gap in
// what is known, troubles and promises, then what is seldom told. Whoever likes it quiet will hardly tell of herself.
func (c *chooser) chips() []edge.FactKind {
	v := &c.m.vars
	likely := []edge.FactKind{edge.FactInterest, edge.FactPreference, edge.FactPerson}
	switch {
	case v.NoChat:
		likely = []edge.FactKind{edge.FactPreference}
	case v.Interests == 0:
	case v.Preferences == 0:
		likely = []edge.FactKind{edge.FactPreference, edge.FactInterest, edge.FactPerson}
	case v.People == 0:
		likely = []edge.FactKind{edge.FactPerson, edge.FactInterest, edge.FactPreference}
	}
	out := append(likely, edge.FactComplaint, edge.FactPromise, edge.FactPraise, edge.FactDate, edge.FactAvoid,
		edge.FactLimit, edge.FactNoChat, edge.FactNoGreeting)
	for _, kind := range edge.FactKinds {
		if !slices.Contains(out, kind) {
			out = append(out, kind)
		}
	}
	return out
}

// Principle is the thought of a day: each in turn, the same all day.
func (p *Playbook) Principle(day time.Time, lang string) edge.Principle {
	each := p.principles[ofDay(day, len(p.principles))]
	i := p.language(lang)
	return edge.Principle{Title: each.titles[i], Text: each.texts[i]}
}

// who is the prompt's first line.
func (c *chooser) who() edge.Who {
	who := edge.Who{Stage: c.stage}
	if got := c.best(lineGreeting); got != nil && !c.m.vars.NoGreeting {
		who.Greeting, who.Rule = got.text, got.rule.ids[got.variant]
	}
	if c.level == edge.ConsentNone {
		return who
	}
	customer := &c.in.Profile.Customer
	who.Name, who.Say, who.Address, who.Language = tidy(customer.Name), tidy(customer.Say), tidy(customer.Address), c.language()
	if c.level == edge.ConsentRemember && !c.m.vars.LongAway {
		who.Since = c.since()
	}
	return who
}

// language is hers, where it differs from the screen's.
func (c *chooser) language() string {
	hers := c.in.Profile.Customer.Language
	if hers == "" || base(hers) == base(c.in.Language) {
		return ""
	}
	return hers
}

// since tells how long ago the last visit was. A long absence is not counted out to her: it is left empty.
func (c *chooser) since() string {
	if c.days < 0 {
		return ""
	}
	f := filler{c: c}
	return c.words.phrases[spanName("since", c.days)].render(f.fill)
}

// spanName is the phrase for so many days: beyond two months they are counted in months.
func spanName(kind string, days int) string {
	switch {
	case days <= 0:
		return kind + "_today"
	case days == 1:
		return kind + "_yesterday"
	case days < 61:
		return kind + "_days"
	}
	return kind + "_months"
}

// filler fills a text's places for one rule.
type filler struct {
	c      *chooser
	fact   *edge.Fact
	told   bool       // say who learned it, where that is known
	fewer  bool       // name one thing where there are two
	over   int        // by how many characters a fact is cut short
	days   int        // for {days} and {months} inside a phrase
	joined *edge.Fact // what was taken along of another fact: a wish behind a thing
	empty  bool       // a place had nothing to be filled with
}

// text fills a text so that it fits: without its source where that makes it longer than a glance, with one thing where
// two are too many, and with a fact cut short where it would not fit the screen. Who learned it then stands in the reason.
func (f *filler) text(t template) string {
	text := t.render(f.fill)
	// That it was told long ago is worth a second line, where a fact has one anyway.
	if long(text) && t.uses("told") && !(f.isStale() && utf8.RuneCountInString(text) <= twoLines) {
		f.told = false
		text = t.render(f.fill)
	}
	if long(text) && t.uses("items") {
		f.fewer = true
		text = t.render(f.fill)
	}
	if over := utf8.RuneCountInString(text) - twoLines; over > 0 && t.uses("fact") {
		f.over = over
		text = t.render(f.fill)
	}
	return text
}

// must notes that a place was left empty: the rule then says nothing rather than half a sentence.
func (f *filler) must(text string) string {
	if text == "" {
		f.empty = true
	}
	return text
}

func (f *filler) fill(s slot) string {
	c := f.c
	switch s {
	case "hello":
		return at(c.words.hello, c.in.Now.Hour())
	case "goodbye":
		return at(c.words.goodbye, c.in.Now.Hour())
	case "name":
		return f.must(c.isolated(c.name()))
	case "days":
		return itoa(c.days)
	case "months":
		return itoa((c.days + 15) / 30)
	case "ago":
		return f.ago()
	case "visits":
		return itoa(c.in.Profile.Visits)
	case "items":
		return f.must(c.items(f.fewer))
	case "preference":
		return f.must(c.isolated(f.preference()))
	case "as_liked":
		return f.must(c.isolated(f.asLiked()))
	case "learned":
		return f.must(f.learnedFrom(cmp.Or(f.fact, f.joined)))
	}
	if f.fact != nil {
		return f.fillFact(s)
	}
	if c.usual != nil {
		return f.fillUsual(s)
	}
	return f.must("")
}

func (f *filler) fillFact(s slot) string {
	switch s {
	case "fact":
		text := factText(f.fact)
		return f.must(f.c.isolated(cut(text, max(utf8.RuneCountInString(text)-f.over, shortest))))
	case "told":
		return f.suffix()
	case "source":
		return first(f.source())
	case "in_days":
		n, found := inDays(f.fact, f.c.in.Now)
		if !found {
			return f.must("")
		}
		return itoa(abs(n))
	}
	return f.must("")
}

func (f *filler) fillUsual(s slot) string {
	h := f.c.usual
	switch s {
	case "item":
		return f.c.isolated(f.c.p.article(h.Name).name)
	case "times":
		return itoa(h.Times)
	case "tenths":
		return itoa(int(h.P*10 + .5))
	case "often":
		return f.often()
	}
	return f.must("")
}

// often tells how usual a thing is: by count while the count is small, lately and roughly when her record is long.
func (f *filler) often() string {
	name := "often_many"
	if f.c.in.Profile.Visits <= 12 {
		name = "often_few"
	}
	return f.c.words.phrases[name].render(f.fill)
}

// ago tells how long ago the fact was told, or the last visit was.
func (f *filler) ago() string { return f.spell("ago") }

// spell tells the same time by one of the phrases for it: "ago", "kept".
func (f *filler) spell(kind string) string {
	days := f.c.days
	if f.fact != nil {
		days = max(0, memory.DaysSince(f.fact.At, f.c.in.Now))
	}
	inner := filler{c: f.c, days: days}
	return f.c.words.phrases[spanName(kind, days)].render(inner.span)
}

func (f *filler) span(s slot) string {
	switch s {
	case "days":
		return itoa(f.days)
	case "months":
		return itoa((f.days + 15) / 30)
	}
	return ""
}

// name is how she is spoken to: as she wishes, or else by her name. One that is too long to be said at a glance is left out.
func (c *chooser) name() string {
	name := tidy(c.in.Profile.Customer.Address)
	if name == "" {
		name = tidy(c.in.Profile.Customer.Name)
	}
	if utf8.RuneCountInString(name) > maxName {
		return ""
	}
	return name
}
