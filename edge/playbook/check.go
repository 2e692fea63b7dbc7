// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"redbench/edge"
)

// Problem is something that a playbook may not say, says at too great length or to whoever is not known so well, or never
// comes to say.
type Problem struct {
	Rule     string `json:"rule,omitempty"`     // empty for what is no rule
	At       int    `json:"line,omitempty"`     // the rule's line in the file
	Language string `json:"language,omitempty"` // of the text, where it is about one
	Kind     string `json:"kind"`               // see Kinds
	Detail   string `json:"detail"`
}

// Kinds lists what a problem may be: a formula of selling, an offer, sums and points, a guess at gender, affection that
// nobody earned, a reproach for having been away, a guess that sounds like knowledge, more familiarity than the stage
// allows, a line that is too long, a rule that never speaks, one that another always hides, a name that says nothing here.
var Kinds = []string{
	"transactional", "upsell", "money", "gender", "affection", "reproach", "guess", "familiarity", "length", "never", "hidden", "idle",
}

// In is the problem as one line of a report on a file.
func (p Problem) In(file string) string {
	if p.At > 0 {
		file += ":" + itoa(p.At)
	}
	what := cmp.Or(p.Rule, "words")
	if p.Language != "" {
		what += " (" + p.Language + ")"
	}
	return fmt.Sprintf("%s: %s: %s: %s", file, what, p.Kind, p.Detail)
}

const (
	maxTitle     = 40  // a principle's title
	maxPrinciple = 140 // a principle's text
)

// Check finds what a playbook must not say, however well it loads. It is what `playbook check` refuses.
func Check(p *Playbook) []Problem {
	var found []Problem
	m := &probe{left: allSamples}
	for _, l := range lines {
		rules := p.rules[line(l)]
		for i, r := range rules {
			found = append(found, p.checkRule(r)...)
			found = append(found, checkReach(r, rules[:i], m)...)
		}
	}
	found = append(found, p.checkWords()...)
	for _, each := range p.principles {
		for i, tag := range p.languages {
			found = append(found, checkPrinciple(each.titles[i], maxTitle, tag)...)
			found = append(found, checkPrinciple(each.texts[i], maxPrinciple, tag)...)
		}
	}
	slices.SortStableFunc(found, func(a, b Problem) int { return a.At - b.At })
	return found
}

// checkRule looks at a rule's texts and reasons.
func (p *Playbook) checkRule(r *rule) []Problem {
	var found []Problem
	for _, each := range ceilings {
		if r.written >= 0 && r.written < each.stage.Rank() && each.uses(r) {
			found = append(found, Problem{Kind: "familiarity", Detail: fmt.Sprintf("it uses %s, which is for %s and above; its stage is %s",
				each.what, each.stage, edge.Stages[r.written])})
			break
		}
	}
	for i, tag := range p.languages {
		for _, t := range r.texts[i] {
			found = append(found, p.checkText(r, i, tag, t)...)
		}
		if len(r.whys) > 0 {
			found = append(found, p.checkWhy(r, i, tag)...)
		}
	}
	for i := range found {
		found[i].Rule, found[i].At = r.name, r.at
	}
	return found
}

func (p *Playbook) checkText(r *rule, lang int, tag string, t template) []Problem {
	text := p.worst(lang, t)
	found := banned(p.without(lang, t), tag, r.line, r.stage)
	if n := utf8.RuneCountInString(text); n > glance {
		found = append(found, Problem{Language: tag, Kind: "length", Detail: fmt.Sprintf("up to %d characters are more than %d: %q", n, glance, text)})
	}
	if place := r.unfilled(t); place != "" {
		found = append(found, Problem{Language: tag, Kind: "never", Detail: fmt.Sprintf("nothing ever fills %s in this rule, so it says nothing", place)})
	}
	hedge := hedges[tag]
	if r.about == aboutUsual && hedge != nil && !strings.Contains(text, "?") && !hedge.MatchString(folded(text)) {
		found = append(found, Problem{Language: tag, Kind: "guess", Detail: fmt.Sprintf("a guess is offered (\"perhaps\", \"if wanted\"), not stated: %q", text)})
	}
	return found
}

func (p *Playbook) checkWhy(r *rule, lang int, tag string) []Problem {
	t := r.whys[lang]
	var found []Problem
	for _, each := range banned(p.without(lang, t), tag, lineAvoid, r.stage) {
		each.Detail = "why: " + each.Detail
		found = append(found, each)
	}
	if place := r.unfilled(t); place != "" {
		found = append(found, Problem{Language: tag, Kind: "never", Detail: fmt.Sprintf("why: nothing ever fills %s in this rule", place)})
	}
	return found
}

// without is a text with its phrases, but without what people told and what tills call things: their words are theirs.
func (p *Playbook) without(lang int, t template) string {
	w := &p.words[lang]
	return t.render(func(s slot) string {
		switch s {
		case "hello":
			return longest(w.hello)
		case "goodbye":
			return longest(w.goodbye)
		}
		return "…"
	})
}

// checkWords looks at what texts are filled with.
func (p *Playbook) checkWords() []Problem {
	var found []Problem
	for i, tag := range p.languages {
		w := &p.words[i]
		for _, each := range w.hello {
			found = append(found, banned(each.Say, tag, lineGreeting, 0)...)
		}
		for _, each := range w.goodbye {
			found = append(found, banned(each.Say, tag, lineFarewell, 0)...)
		}
		for _, name := range phraseNames {
			found = append(found, banned(w.longestPhrase(name), tag, lineAvoid, 0)...)
		}
	}
	return found
}

// checkReach finds out whether a rule ever speaks. Those before it have the same priority or a higher one.
func checkReach(r *rule, before []*rule, m *probe) []Problem {
	var found []Problem
	say := func(kind, format string, args ...any) {
		found = append(found, Problem{Rule: r.name, At: r.at, Kind: kind, Detail: fmt.Sprintf(format, args...)})
	}
	if name := r.idleName(); name != "" {
		say("idle", "%s says nothing in a rule without facts", name)
	}
	if r.aged && !slices.ContainsFunc(r.facts, ageing) {
		say("never", "facts of these kinds do not age, so none is asked anew")
		return found
	}
	if can, _ := r.fires(m); !can {
		say("never", "its condition never holds for this rule")
		return found
	}
	for _, other := range before {
		if other.couldHide(r) && other.hides(r, m) {
			say("hidden", "%s (line %d) has a higher priority and speaks whenever this rule may", other.name, other.at)
			break
		}
	}
	return found
}

func checkPrinciple(text string, most int, tag string) []Problem {
	var found []Problem
	for _, each := range banned(text, tag, lineAvoid, 0) {
		if each.Kind != "gender" { // a principle may tell of a child and her parents
			found = append(found, each)
		}
	}
	if n := utf8.RuneCountInString(text); n > most {
		found = append(found, Problem{Language: tag, Kind: "length", Detail: fmt.Sprintf("%d characters are more than %d: %q", n, most, text)})
	}
	return found
}
