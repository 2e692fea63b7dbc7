// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"redbench/edge"
)

// subject is what a rule is tried for.
type subject struct {
	fact *edge.Fact
}

// pick is a candidate that may be chosen.
type pick struct {
	rule     *rule
	fact     *edge.Fact
	joined   *edge.Fact // what the text takes along of another fact
	open     int        // what stays open until a person closes it outranks everything
	priority int        // the rule's, moved by verdicts
	variant  int
	text     string
	order    uint64
	row      int // in considered
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
		out.Fact, out.Open = fact.ID, fact.Kind.StaysOpen()
		c.used = append(c.used, out.Fact)
	}
	if r.about == aboutUsual {
		out.SKU = c.usual.SKU
	}
	if len(r.whys) > 0 {
		f := filler{c: c, fact: best.fact, joined: best.joined, told: true}
		out.Why = r.whys[c.lang].render(f.fill)
	}
	if c.in.Explain {
		c.considered[best.row].Why = out.Why
	}
	return out
}

func (c *chooser) best(l line) *pick {
	var best *pick
	from := len(c.considered)
	for _, r := range c.p.rules[l] {
		if c.beaten(r, best) {
			continue
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
		c.tellBest(best, c.considered[from:])
	}
	return best
}

// beaten reports whether a rule cannot win any more.
func (c *chooser) beaten(r *rule, best *pick) bool {
	switch {
	case best == nil || c.in.Explain:
		return false
	case best.open > r.serves:
		return true
	case best.open < r.serves && c.isOpen():
		return false
	}
	most := r.priority
	if r.heeds() && c.counted() {
		most += reach
	}
	return most < best.priority
}

// isOpen reports whether a complaint or a promise waits for somebody.
func (c *chooser) isOpen() bool { return c.m.vars.Complaints+c.m.vars.Promises > 0 }

// tellBest writes down who won, and to whom the others lost.
func (c *chooser) tellBest(best *pick, rows []Candidate) {
	for i := range rows {
		if rows[i].Reason == outranked {
			rows[i].Reason = fmt.Sprintf("outranked by %s, priority %d", best.rule.name, best.priority)
		}
	}
	won := &c.considered[best.row]
	won.Chosen, won.Reason = true, "chosen"
	if best.open > 0 {
		won.Reason = "chosen: a complaint or a promise that is open outranks everything"
	}
}

const outranked = "outranked"

// better compares by what is open, by priority, then what was said longest ago or never, then the newest fact, then the
// seed.
func (c *chooser) better(a, b *pick) *pick {
	switch {
	case b == nil:
		return a
	case a == nil:
		return b
	}
	if n := cmp.Or(cmp.Compare(b.open, a.open), cmp.Compare(b.priority, a.priority)); n != 0 {
		return either(n < 0, a, b)
	}
	if a.fact != nil && b.fact != nil {
		if n := cmp.Or(c.shown(a.fact).Compare(c.shown(b.fact)), b.fact.At.Compare(a.fact.At)); n != 0 {
			return either(n < 0, a, b)
		}
	}
	if n := c.lastBy(a.rule).Compare(c.lastBy(b.rule)); n != 0 {
		return either(n < 0, a, b)
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

// lastBy is when a rule last spoke, in an earlier visit.
func (c *chooser) lastBy(r *rule) time.Time {
	var last time.Time
	for _, each := range c.in.Profile.Said {
		if each.At.After(last) && edge.RuleName(each.Rule) == r.name && !c.thisVisit(each.At) {
			last = each.At
		}
	}
	return last
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
	turns := r.repeat || r.line == lineGreeting && len(r.ids) > 1
	if last >= 0 && !turns && (s.fact == nil || c.saidFact(r, s.fact.ID)) {
		c.note(r, s.fact, "the last prompt said it")
		return nil
	}
	got := &pick{rule: r, fact: s.fact, open: c.keepsOpen(r, s.fact), priority: r.priority}
	if reason := c.held(got); reason != "" {
		c.note(r, s.fact, reason)
		return nil
	}
	got.variant, got.order = c.variant(r, got.open), mix(c.seed, uint64(r.at))
	return c.filled(got)
}

// held is why a candidate that could speak is kept back for this customer at this moment; empty when it is not. What is
// open is never kept back. It moves the candidate's priority by what verdicts say.
func (c *chooser) held(got *pick) string {
	if got.open > 0 {
		return ""
	}
	if c.closed != "" {
		return c.closed
	}
	if !got.rule.heeds() || !c.counted() {
		return ""
	}
	w := c.welcome(got.rule)
	if w.chance < goodEnough {
		return fmt.Sprintf("rests: its chance to be welcome is %.2f", w.chance)
	}
	got.priority += w.shift()
	return ""
}

// filled fills in the text. Half a sentence is not said, and none that is too long for a glance.
func (c *chooser) filled(got *pick) *pick {
	r := got.rule
	f := filler{c: c, fact: got.fact, told: c.in.Load != LoadRush}
	got.text = f.text(r.texts[c.lang][got.variant])
	if f.empty {
		c.note(r, got.fact, "nothing to fill in")
		return nil
	}
	if f.joined != nil && long(got.text) {
		c.note(r, got.fact, "too long with what it joins")
		return nil
	}
	got.joined = f.joined
	got.row = c.note(r, got.fact, outranked)
	if c.in.Explain {
		c.considered[got.row].Text = got.text
	}
	return got
}

// keepsOpen ranks what a person has to close: a complaint, then a promise. A rule without facts serves one when it speaks
// only because there is one.
func (c *chooser) keepsOpen(r *rule, f *edge.Fact) int {
	switch {
	case f != nil && f.Kind == edge.FactComplaint:
		return 2
	case f != nil && f.Kind == edge.FactPromise:
		return 1
	case f != nil || r.serves == 0 || !c.isOpen():
		return 0
	case c.onlyBy(r, &c.m.vars.Complaints):
		return 2
	case c.onlyBy(r, &c.m.vars.Promises):
		return 1
	}
	return 0
}

// onlyBy reports whether a condition that holds would not, if there were none of these.
func (c *chooser) onlyBy(r *rule, count *int) bool {
	had := *count
	if had == 0 {
		return false
	}
	*count = 0
	defer func() { *count = had }()
	return !r.when.holds(c.m)
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
	case r.about == aboutWrong && !c.toPutRight(r):
		return "nothing is to be put right, or it was asked"
	case r.cooldown > 0 && c.cooling(r, f):
		return "cools down"
	case c.spent(r, f):
		return "once a " + string(r.scope.once) + ": it has spoken"
	}
	if reason := r.scope.away(c.in.Lane, c.in.Now, c.m.vars.Weekday); reason != "" || f == nil {
		return reason
	}
	return c.barredFact(r, f)
}

func (c *chooser) barredFact(r *rule, f *edge.Fact) string {
	switch {
	case f.Text == "":
		return "the fact has no text"
	case c.repeated(f):
		return "the same was told again since"
	case c.doubtful(f) == r.aged:
		if slices.Contains(c.used, f.ID) {
			return "the fact stands in this prompt already"
		}
		return ""
	case r.aged:
		return "the fact is not old, and nothing speaks against it"
	case old(f, c.in.Now):
		return "the fact is too old to be stated"
	}
	return "another was told since, which speaks against it"
}

// cooling reports whether the rule spoke too recently: for this fact where it has one.
func (c *chooser) cooling(r *rule, f *edge.Fact) bool {
	since := c.in.Now.Add(-r.cooldown)
	if f != nil && c.shown(f).After(since) {
		return true
	}
	for _, each := range c.in.Profile.Said {
		if each.At.After(since) && !c.thisVisit(each.At) && edge.RuleName(each.Rule) == r.name && (f == nil || each.Fact == f.ID) {
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
		if each.Fact == fact && edge.RuleName(each.Rule) == r.name && c.at.Sub(each.At).Abs() < time.Second {
			return true
		}
	}
	return false
}

// variant takes the texts in turn, from where the rule was when it last spoke: of many, only the two shortest when the
// lane is busy. What has just been opened begins at the first, because that is where an apology belongs, and does not
// come back to it: nobody says sorry for one thing at every third visit. Within one visit it stays the same.
func (c *chooser) variant(r *rule, open int) int {
	n := len(r.ids)
	if n == 1 {
		return 0
	}
	last := c.lastVariant(r)
	turn := int(c.in.Profile.Customer.Ref%1024) + c.in.Profile.Visits
	switch {
	case c.level == edge.ConsentNone:
		turn = int(mix(c.seed, 7) % uint64(n*2))
	case open > 0:
		return c.openVariant(open, last, n)
	}
	if two := r.short[c.lang]; c.in.Load > LoadCalm && n > 2 {
		if last < 0 {
			return two[turn%2]
		}
		return two[1-max(0, slices.Index(two[:], last))]
	}
	if last >= 0 {
		return (last + 1) % n
	}
	return turn % n
}

// openVariant is the text for what stays open: the first for what was not shown yet, then the others in turn.
func (c *chooser) openVariant(open, last, n int) int {
	kind := edge.FactPromise
	if open == 2 {
		kind = edge.FactComplaint
	}
	news := slices.ContainsFunc(c.facts, func(f edge.Fact) bool { return f.Kind == kind && c.shown(&f).IsZero() })
	switch next := last + 1; {
	case last < 0, news && last > 0:
		return 0
	case next < n:
		return next
	case n > 2:
		return 1
	}
	return 0
}

// lastVariant is which of the rule's texts was said last, in an earlier visit; -1: none.
func (c *chooser) lastVariant(r *rule) int {
	last, at := -1, time.Time{}
	for _, each := range c.in.Profile.Said {
		if each.At.After(at) && edge.RuleName(each.Rule) == r.name && !c.thisVisit(each.At) {
			last, at = slices.Index(r.ids, each.Rule), each.At
		}
	}
	return last
}

// note writes down what became of a candidate, when that was asked for.
func (c *chooser) note(r *rule, f *edge.Fact, reason string) int {
	if !c.in.Explain {
		return 0
	}
	got := Candidate{Rule: r.name, Line: string(r.line), Priority: r.priority, Reason: reason}
	if f != nil {
		got.Fact = f.ID
	}
	if r.heeds() {
		w := c.welcome(r)
		got.Welcome = w.chance
		if w.own != (edge.Tally{}) || w.store != (edge.Tally{}) {
			got.Verdicts = w.why()
		}
		if reason == outranked && c.counted() && c.keepsOpen(r, f) == 0 {
			got.Moved = w.shift()
		}
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

// mix spreads a seed (splitmix64), so that near seeds break ties differently.
func mix(seed, with uint64) uint64 {
	z := seed + (with+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
