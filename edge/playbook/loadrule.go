// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"redbench/edge"
)

func (l *loader) rules(doc *document) {
	if len(doc.Rules) == 0 {
		l.wrong("rule", "no rules")
	}
	if len(doc.Rules) > maxRules {
		l.wrong("rule", "%d rules are more than %d", len(doc.Rules), maxRules)
		return
	}
	names := map[string]bool{}
	for i, each := range doc.Rules {
		r := l.rule(fmt.Sprintf("rule[%d]", i), each)
		if names[r.name] {
			l.wrong(fmt.Sprintf("rule[%d].name", i), "rule %q is there twice", r.name)
		}
		names[r.name] = true
		l.out.rules[r.line] = append(l.out.rules[r.line], r)
	}
	for _, some := range l.out.rules {
		slices.SortStableFunc(some, func(a, b *rule) int { return b.priority - a.priority })
	}
}

func (l *loader) rule(path string, doc ruleDoc) *rule {
	if doc.Name == "" || strings.ContainsAny(doc.Name, "# \t") {
		l.wrong(path+".name", "a rule needs a name without spaces or #; this has %q", doc.Name)
	}
	what := fmt.Sprintf("rule %q", doc.Name)
	r := &rule{
		name: doc.Name, line: line(doc.Line), about: about(doc.About), aged: doc.Aged, priority: doc.Priority,
		cooldown: time.Duration(doc.Cooldown) * 24 * time.Hour, repeat: doc.Repeat, at: l.index.line(path),
	}
	if !known(doc.Line, lines) {
		l.wrong(path+".line", "%s: unknown line %q%s", what, doc.Line, meant(doc.Line, lines))
	}
	if doc.Cooldown < 0 || doc.Cooldown > 3650 {
		l.wrong(path+".cooldown_days", "%s: cooldown_days is from 0 to 3650", what)
	}
	l.subject(path, what, doc, r)
	l.scope(path, what, doc, r)
	l.stage(path, what, doc, r)
	when, err := compile(doc.When)
	if err != nil {
		l.wrong(path+".when", "%s: when: %v", what, err)
	}
	r.when = when
	switch {
	case when.uses("complaints") || slices.Contains(r.facts, edge.FactComplaint):
		r.serves = 2
	case when.uses("promises") || slices.Contains(r.facts, edge.FactPromise):
		r.serves = 1
	}
	l.texts(path, what, doc, r)
	l.whys(path, what, doc, r)
	r.written = -1
	if doc.Stage != "" {
		r.written = r.stage
	}
	r.stage = max(r.stage, ceiling(r))
	return r
}

func (l *loader) subject(path, what string, doc ruleDoc, r *rule) {
	for _, kind := range doc.Facts {
		if !known(kind, kindNames()) {
			l.wrong(path+".facts", "%s: unknown kind of fact %q%s", what, kind, meant(kind, kindNames()))
		}
		r.facts = append(r.facts, edge.FactKind(kind))
	}
	subjects := []string{string(aboutFact), string(aboutUsual), string(aboutLast), string(aboutWrong)}
	switch {
	case doc.About != "" && !known(doc.About, subjects):
		l.wrong(path+".about", "%s: unknown about %q%s", what, doc.About, meant(doc.About, subjects))
	case len(doc.Facts) > 0 && doc.About != "" && r.about != aboutFact:
		l.wrong(path+".about", "%s: a rule is about facts or about %q, not both", what, doc.About)
	case len(doc.Facts) == 0 && r.about == aboutFact:
		l.wrong(path+".about", "%s: about facts, but which? give facts = [\"interest\", …]", what)
	case len(doc.Facts) > 0:
		r.about = aboutFact
	}
}

func (l *loader) stage(path, what string, doc ruleDoc, r *rule) {
	if doc.Stage == "" {
		r.stage = edge.StageNew.Rank()
		if r.line == lineGreeting || r.line == lineFarewell {
			r.stage = edge.StageStranger.Rank()
		}
		return
	}
	r.stage = edge.Stage(doc.Stage).Rank()
	if r.stage < 0 {
		l.wrong(path+".stage", "%s: unknown stage %q%s", what, doc.Stage, meant(doc.Stage, stageNames()))
	}
}

func (l *loader) texts(path, what string, doc ruleDoc, r *rule) {
	for tag := range doc.Text {
		if !slices.Contains(l.out.languages, tag) {
			l.wrong(path+".text."+tag, "%s: text has language %q, which is not in languages%s", what, tag, meant(tag, l.out.languages))
		}
	}
	n := -1
	for _, tag := range l.out.languages {
		texts := doc.Text[tag]
		if len(texts) == 0 {
			l.wrong(path+".text", "%s: text misses language %q", what, tag)
			continue
		}
		if n < 0 {
			n = len(texts)
		}
		if len(texts) != n {
			l.wrong(path+".text."+tag, "%s: text has %d variants in %q and %d in %q", what, len(texts), tag, n, l.out.languages[0])
		}
		var some []template
		for _, text := range texts {
			if strings.TrimSpace(text) == "" {
				l.wrong(path+".text."+tag, "%s: an empty text in %q", what, tag)
			}
			some = append(some, l.template(path+".text."+tag, what+": text", text, slots))
		}
		r.texts = append(r.texts, some)
		r.short = append(r.short, shortest2(some))
	}
	for i := range max(n, 0) {
		r.ids = append(r.ids, variantID(r.name, i, n))
	}
}

func (l *loader) whys(path, what string, doc ruleDoc, r *rule) {
	spoken := r.line == lineGreeting || r.line == lineFarewell
	if spoken && len(doc.Why) == 0 {
		return
	}
	for i, text := range l.eachLanguage(path+".why", what+": why", doc.Why) {
		r.whys = append(r.whys, l.template(path+".why."+l.out.languages[i], what+": why", text, slots))
	}
}

// shortest2 finds the two shortest of a rule's texts, by what is fixed in them.
func shortest2(texts []template) [2]int {
	at := make([]int, len(texts))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return texts[a].fixed() - texts[b].fixed() })
	return [2]int{at[0], at[min(1, len(at)-1)]}
}
