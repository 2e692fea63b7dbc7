// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"redbench/edge"
	"redbench/edge/memory"
)

// Choose finds what to say to whoever stands at the till. Without consent, or without a record, she is a stranger; with
// consent to be recognised only, her name is all that is said.
func (p *Playbook) Choose(in Input) Choice {
	c := p.chooser(in)
	defer p.release(c)
	prompt := edge.Prompt{ID: in.PromptID, Event: in.Event, Checkout: in.Checkout, ShownFor: in.ShownFor, Who: c.who()}
	if c.level == edge.ConsentNone {
		return Choice{Prompt: prompt, Considered: c.considered}
	}
	prompt.Customer = in.Profile.Customer.Ref
	if c.level == edge.ConsentRemember {
		prompt.Avoid = c.choose(lineAvoid)
		prompt.Do = c.choose(lineDo)
		c.spoken(prompt.Do)
		prompt.Remember = c.choose(lineRemember)
		if prompt.Avoid == nil {
			prompt.Ask = c.ask()
		}
	}
	return Choice{Prompt: prompt, Considered: c.considered}
}

// chooser is one choice in the making.
type chooser struct {
	p     *Playbook
	in    *Input
	lang  int
	words *words
	m     *machine
	level edge.Consent // what may be said of her; none for whoever is not known
	stage edge.Stage
	rank  int
	days  int // since the last visit; -1: none
	seed  uint64
	facts []edge.Fact // open, not private, newest first
	usual *edge.Habit // the most usual thing that is sure enough to be named and is nobody's secret
	last  []string    // things of the last visit that are worth a word, readable, the rarest first
	said  []string    // the rules of the last prompt, with their variants
	at    time.Time   // when that was
	used  []string    // ids of facts that stand in this prompt already

	considered []Candidate
}

// chooser takes in what the choice depends on.
func (p *Playbook) chooser(in Input) *chooser {
	m, _ := p.machines.Get().(*machine)
	c := &chooser{p: p, in: &in, lang: p.language(in.Language), m: m, level: edge.ConsentNone, stage: edge.StageStranger, days: -1, seed: in.Seed}
	c.words = &p.words[c.lang]
	m.vars = vars{Stage: string(edge.StageStranger), Days: -1, Hour: in.Now.Hour(), Weekday: closed["weekday"][(in.Now.Weekday()+6)%7], Month: int(in.Now.Month())}
	if !in.Known || in.Profile.Customer.Ref == edge.Stranger {
		return c
	}
	switch in.Profile.Customer.Consent {
	case edge.ConsentRecognise, edge.ConsentRemember:
		c.level = in.Profile.Customer.Consent
	default:
		return c
	}
	c.stage = memory.Stage(in.Profile, in.Now)
	c.rank = c.stage.Rank()
	c.known()
	return c
}

func (p *Playbook) release(c *chooser) {
	c.m.vars = vars{} // nothing of a customer waits in the pool
	p.machines.Put(c.m)
}

// known takes in the profile of a customer who wishes to be known.
func (c *chooser) known() {
	profile, v := &c.in.Profile, &c.m.vars
	v.Stage = string(c.stage)
	v.HasName, v.HasSay = profile.Customer.Name != "", profile.Customer.Say != ""
	v.OtherLanguage = c.language() != ""
	c.facts = openFacts(profile.Facts, c.in.Now)
	for _, f := range c.facts {
		v.count(f.Kind)
	}
	if c.level != edge.ConsentRemember {
		return
	}
	v.Visits = profile.Visits
	c.days = memory.DaysSince(profile.Last.At, c.in.Now)
	v.Days, v.GapDays, v.LongAway = c.days, profile.Gap.Hours()/24, memory.LongAway(*profile, c.in.Now)
	c.things()
	c.lastSaid()
}

func (v *vars) count(kind edge.FactKind) {
	switch kind {
	case edge.FactInterest:
		v.Interests++
	case edge.FactPreference:
		v.Preferences++
	case edge.FactPerson:
		v.People++
	case edge.FactComplaint:
		v.Complaints++
	case edge.FactPromise:
		v.Promises++
	case edge.FactNoChat:
		v.NoChat = true
	case edge.FactNoGreeting:
		v.NoGreeting = true
	}
}

// openFacts leaves out what must not be shown: private, closed, no longer true. What a store reads is so already; this is
// the last door.
func openFacts(all []edge.Fact, now time.Time) []edge.Fact {
	hidden := func(f edge.Fact) bool {
		return f.Private || !f.Closed.IsZero() || !f.Until.IsZero() && !f.Until.After(now) || !f.Kind.Valid()
	}
	if !slices.ContainsFunc(all, hidden) {
		return all
	}
	open := make([]edge.Fact, 0, len(all))
	for _, f := range all {
		if !hidden(f) {
			open = append(open, f)
		}
	}
	return open
}

// lastSaid finds what the last prompt said. A prompt of this same visit (she was put aside and comes back) is not one: it
// may stand there again as it was.
func (c *chooser) lastSaid() {
	for _, each := range c.in.Profile.Said {
		if each.At.After(c.at) && !c.thisVisit(each.At) {
			c.at = each.At
		}
	}
	for _, each := range c.in.Profile.Said {
		if !c.at.IsZero() && c.at.Sub(each.At).Abs() < time.Second {
			c.said = append(c.said, each.Rule)
		}
	}
}

// thisVisit reports whether a moment lies in the visit that goes on now: after the last completed one, and just now.
func (c *chooser) thisVisit(at time.Time) bool {
	return at.After(c.in.Profile.Last.At) && c.in.Now.Sub(at).Abs() < time.Hour
}

// subject is what a rule is tried for.
type subject struct {
	fact *edge.Fact
}

// pick is a candidate that may be chosen.
type pick struct {
	rule    *rule
	fact    *edge.Fact
	joined  *edge.Fact // what the text takes along of another fact
	variant int
	text    string
	order   uint64
	row     int // in considered
}

// choose finds the best candidate for a line, or nil: silence.
func (c *chooser) choose(l line) *edge.Line {
	best := c.best(l)
	if best == nil {
		return nil
	}
	r := best.rule
	out := &edge.Line{Text: best.text, Rule: r.ids[best.variant]}
	if fact := cmp.Or(best.fact, best.joined); fact != nil {
		out.Fact = fact.ID
		c.used = append(c.used, out.Fact)
	}
	if len(r.whys) > 0 {
		f := filler{c: c, fact: best.fact, joined: best.joined, told: true}
		out.Why = r.whys[c.lang].render(f.fill)
	}
	return out
}

func (c *chooser) best(l line) *pick {
	var best *pick
	for _, r := range c.p.rules[l] {
		if best != nil && r.priority < best.rule.priority && !c.in.Explain {
			break
		}
		if r.about != aboutFact {
			best = c.better(best, c.try(r, subject{}))
			continue
		}
		if r.stage > c.rank {
			c.note(r, nil, "asks for a higher stage")
			continue
		}
		for i := range c.facts {
			if f := &c.facts[i]; slices.Contains(r.facts, f.Kind) {
				best = c.better(best, c.try(r, subject{fact: f}))
			}
		}
	}
	if best != nil && c.in.Explain {
		c.considered[best.row].Chosen, c.considered[best.row].Reason = true, "chosen"
	}
	return best
}

// better compares by priority, then what was shown longest ago or never, then the newest fact, then the seed.
func (c *chooser) better(a, b *pick) *pick {
	switch {
	case b == nil:
		return a
	case a == nil:
		return b
	case a.rule.priority != b.rule.priority:
		if a.rule.priority > b.rule.priority {
			return a
		}
		return b
	}
	if a.fact != nil && b.fact != nil {
		if n := c.shown(a.fact).Compare(c.shown(b.fact)); n != 0 {
			return either(n < 0, a, b)
		}
		if n := a.fact.At.Compare(b.fact.At); n != 0 {
			return either(n > 0, a, b)
		}
	}
	return either(a.order <= b.order, a, b)
}

func either(first bool, a, b *pick) *pick {
	if first {
		return a
	}
	return b
}

// shown is when a fact last stood on a screen, in an earlier visit.
func (c *chooser) shown(f *edge.Fact) time.Time {
	if c.thisVisit(f.Shown) {
		return time.Time{}
	}
	return f.Shown
}

// try sees whether a rule may speak for a subject. It gives nil when it may not.
func (c *chooser) try(r *rule, s subject) *pick {
	if reason := c.barred(r, s.fact); reason != "" {
		c.note(r, s.fact, reason)
		return nil
	}
	c.m.vars.Fact = c.factVar(s.fact)
	if !r.when.holds(c.m) {
		c.note(r, s.fact, "its condition does not hold")
		return nil
	}
	last := c.saidVariant(r)
	if last >= 0 && !r.repeat && (s.fact == nil || c.saidFact(r, s.fact.ID)) {
		c.note(r, s.fact, "the last prompt said it")
		return nil
	}
	got := &pick{rule: r, fact: s.fact, variant: c.variant(r, last), order: mix(c.seed, uint64(r.at))}
	f := filler{c: c, fact: s.fact, told: true}
	got.text = f.text(r.texts[c.lang][got.variant])
	if f.empty {
		c.note(r, s.fact, "nothing to fill in")
		return nil
	}
	if f.joined != nil && long(got.text) {
		c.note(r, s.fact, "too long with what it joins")
		return nil
	}
	got.joined = f.joined
	got.row = c.note(r, s.fact, "outranked")
	if c.in.Explain {
		c.considered[got.row].Text = got.text
	}
	return got
}

// barred is why a rule may not speak for a fact, whatever its condition says; empty when it may.
func (c *chooser) barred(r *rule, f *edge.Fact) string {
	switch {
	case r.stage > c.rank:
		return "asks for a higher stage"
	case r.about == aboutUsual && c.usual == nil:
		return "nothing is usual enough to be named"
	case r.about == aboutLast && len(c.last) == 0:
		return "no last visit, or nothing in it to be named"
	case r.cooldown > 0 && c.cooling(r, f):
		return "cools down"
	case f == nil:
		return ""
	case f.Text == "":
		return "the fact has no text"
	case slices.Contains(c.used, f.ID):
		return "the fact stands in this prompt already"
	case old(f, c.in.Now) != r.aged:
		if r.aged {
			return "the fact is not old"
		}
		return "the fact is too old to be stated"
	}
	return ""
}

// old reports whether a fact must be asked anew before it is used. What stays open until a person closes it, and what
// protects her, does not age.
func old(f *edge.Fact, now time.Time) bool {
	switch f.Kind {
	case edge.FactInterest, edge.FactPreference, edge.FactPerson, edge.FactDate, edge.FactPraise:
		return now.Sub(f.At) > 365*24*time.Hour
	}
	return false
}

// cooling reports whether the rule spoke too recently: for this fact where it has one.
func (c *chooser) cooling(r *rule, f *edge.Fact) bool {
	since := c.in.Now.Add(-r.cooldown)
	if f != nil && c.shown(f).After(since) {
		return true
	}
	for _, each := range c.in.Profile.Said {
		if each.At.After(since) && !c.thisVisit(each.At) && ruleName(each.Rule) == r.name && (f == nil || each.Fact == f.ID) {
			return true
		}
	}
	return false
}

// saidVariant is which of the rule's texts the last prompt used; -1: none.
func (c *chooser) saidVariant(r *rule) int {
	for _, id := range c.said {
		if i := slices.Index(r.ids, id); i >= 0 {
			return i
		}
	}
	return -1
}

// saidFact reports whether the last prompt said this fact by this rule.
func (c *chooser) saidFact(r *rule, fact string) bool {
	for _, each := range c.in.Profile.Said {
		if each.Fact == fact && ruleName(each.Rule) == r.name && c.at.Sub(each.At).Abs() < time.Second {
			return true
		}
	}
	return false
}

// variant takes the texts in turn. Within one visit it stays the same.
func (c *chooser) variant(r *rule, last int) int {
	n := len(r.ids)
	switch {
	case n == 1:
		return 0
	case last >= 0:
		return (last + 1) % n
	case c.level == edge.ConsentNone:
		return int(mix(c.seed, 7) % uint64(n))
	}
	return (int(c.in.Profile.Customer.Ref%1024) + c.in.Profile.Visits) % n
}

// factVar is what a condition sees of a fact.
func (c *chooser) factVar(f *edge.Fact) factVar {
	if f == nil {
		return factVar{}
	}
	v := factVar{Kind: string(f.Kind), AgeDays: max(0, memory.DaysSince(f.At, c.in.Now))}
	v.InDays, v.HasDate = inDays(f, c.in.Now)
	return v
}

// inDays is how far a fact's day is away. A day that was long past when it was told (a birthday) comes again each year.
func inDays(f *edge.Fact, now time.Time) (int, bool) {
	if f.Date == "" {
		return 0, false
	}
	day, err := time.Parse(time.DateOnly, f.Date)
	if err != nil {
		return 0, false
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	if f.At.Sub(day) < 300*24*time.Hour {
		return int(day.Sub(today).Hours() / 24), true
	}
	best := 366
	for year := now.Year() - 1; year <= now.Year()+1; year++ {
		n := int(time.Date(year, day.Month(), day.Day(), 0, 0, 0, 0, time.UTC).Sub(today).Hours() / 24)
		if abs(n) < abs(best) {
			best = n
		}
	}
	return best, true
}

func abs(n int) int { return max(n, -n) }

// note writes down what became of a candidate, when that was asked for.
func (c *chooser) note(r *rule, f *edge.Fact, reason string) int {
	if !c.in.Explain {
		return 0
	}
	got := Candidate{Rule: r.name, Line: string(r.line), Priority: r.priority, Reason: reason}
	if f != nil {
		got.Fact = f.ID
	}
	c.considered = append(c.considered, got)
	return len(c.considered) - 1
}

// variantID is how Said tells the variants of a rule apart: "do-usual#2".
func variantID(name string, i, n int) string {
	if n == 1 {
		return name
	}
	return name + "#" + strconv.Itoa(i+1)
}

// ruleName is the rule in a Said.Rule or Line.Rule.
func ruleName(id string) string {
	name, _, _ := strings.Cut(id, "#")
	return name
}

// mix spreads a seed (splitmix64), so that near seeds break ties differently.
func mix(seed, with uint64) uint64 {
	z := seed + (with+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
