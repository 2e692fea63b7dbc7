// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"cmp"
	"slices"
	"strings"

	"redbench/edge"
	"redbench/edge/memory"
)

// rare is the greatest share of her baskets at which a thing still tells something about one visit.
const rare = .25

// few is how many things a visit holds that is about them: a coffee, a bun and a loaf, not a week's groceries.
const few = 3

// things finds what her baskets say, and that may be named.
func (c *chooser) things() {
	profile, v := &c.in.Profile, &c.m.vars
	c.usual = c.mostUsual()
	if h := c.usual; h != nil {
		v.Usual = useVar{Share: h.P, Times: h.Times, Days: memory.DaysSince(h.Last, c.in.Now)}
	}
	v.Last = lastVar{Size: different(profile.Last.Items), Days: c.days}
	c.last = c.telling(profile.Last.Items)
	v.Last.Things = len(c.last)
}

// mostUsual is the most usual thing that is sure enough to be named and is nobody's secret. A bag or a deposit is it only
// when there is nothing else, or when she told how she wants it.
func (c *chooser) mostUsual() *edge.Habit {
	var dull *edge.Habit
	for i := range c.in.Profile.Usual {
		h := &c.in.Profile.Usual[i]
		if !memory.Named(*h) {
			continue
		}
		switch a := c.p.article(h.Name); {
		case a.name == "" || a.private || c.deniedThing(h.SKU):
		case !a.dull || c.wished(h.Name):
			return h
		case dull == nil:
			dull = h
		}
	}
	return dull
}

// telling finds the things of the last visit that are worth a word, the rarest first. What she takes every time says
// nothing about that visit, and the cashier has it in the line to do already; what she took for once is what she would
// remember herself.
func (c *chooser) telling(items []edge.Item) []string {
	type thing struct {
		name  string
		share float64
	}
	var all []thing
	for _, item := range items {
		share, tells := c.share(item)
		if !tells || item.Quantity <= 0 {
			continue
		}
		a := c.p.article(item.Name)
		name := a.small
		if name == "" || a.private || a.smallDull || c.deniedThing(item.SKU) ||
			slices.ContainsFunc(all, func(t thing) bool { return t.name == name }) {
			continue
		}
		all = append(all, thing{name, share})
	}
	slices.SortStableFunc(all, func(a, b thing) int { return cmp.Compare(a.share, b.share) })
	most := 1
	if c.usual == nil && c.m.vars.Last.Size <= few {
		most = 2 // of a visit as small as that, two things are nearly all; else they are a receipt
	}
	var names []string
	for _, each := range all[:min(most, len(all))] {
		names = append(names, each.name)
	}
	return names
}

// share is how often she takes a thing, and whether that is seldom enough to tell. Beyond her eight most usual things it
// is not known, and less than theirs.
func (c *chooser) share(item edge.Item) (share float64, tells bool) {
	for _, h := range c.in.Profile.Usual {
		if h.SKU == item.SKU {
			return h.P, !memory.Named(h) && (h.Times < 3 || h.P <= rare)
		}
	}
	return 0, true
}

// spoken takes what a line names out of the things to remember: said twice in one prompt, it is noise.
func (c *chooser) spoken(l *edge.Line) {
	if l == nil || len(c.last) == 0 {
		return
	}
	text := strings.ToLower(l.Text)
	c.last = slices.DeleteFunc(c.last, func(name string) bool { return strings.Contains(text, strings.ToLower(name)) })
	c.m.vars.Last.Things = len(c.last)
}

// different is how many different things a visit held, of the eight that are known.
func different(items []edge.Item) int {
	n := 0
	for i, item := range items {
		if item.Quantity > 0 && !slices.ContainsFunc(items[:i], func(other edge.Item) bool { return other.SKU == item.SKU }) {
			n++
		}
	}
	return n
}

// isDull reports whether a thing makes a poor memory, by the word that says what it is. Articles need not be named in the
// language of the screen, so that each language's words are looked up, by the place where it has that word.
func (p *Playbook) isDull(name string) bool {
	words := nouns(strings.ToLower(name))
	for lang, tag := range p.languages {
		head := headOf(tag, words)
		if slices.ContainsFunc(p.dull[lang], func(word string) bool {
			// German writes a bag of paper as one word: Papiertüte.
			return head == word || tag == "de" && len(word) > 3 && strings.HasSuffix(head, word)
		}) {
			return true
		}
	}
	return false
}

// items names one or two things of the last visit.
func (c *chooser) items(one bool) string {
	switch {
	case len(c.last) == 0:
		return ""
	case len(c.last) == 1 || one:
		return c.isolated(c.last[0])
	}
	// "Cheese toastie and Egg and cress sandwich" cannot be heard apart, and of two bags one will do.
	if strings.Contains(c.last[0]+c.last[1], c.and()) || alike(parts(c.last[0]), parts(c.last[1])) {
		return c.isolated(c.last[0])
	}
	return c.isolated(c.last[0]) + c.and() + c.isolated(c.last[1])
}

func (c *chooser) and() string {
	return c.words.phrases["and"].render(func(slot) string { return "" })
}
