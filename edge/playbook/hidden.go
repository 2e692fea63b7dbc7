// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"slices"
	"strings"
)

// alwaysFilled are the places that never are empty, by what a rule is about.
var alwaysFilled = map[about][]string{
	aboutNothing: {"hello", "goodbye", "visits"},
	aboutFact:    {"hello", "goodbye", "visits", "fact", "told", "source", "learned", "ago"},
	aboutUsual:   {"hello", "goodbye", "visits", "item", "often", "times", "tenths"},
	aboutLast:    {"hello", "goodbye", "visits", "items", "days", "months", "ago"},
	aboutWrong:   {"hello", "goodbye", "visits"},
}

// couldHide reports whether nothing but conditions stands between a rule and always winning over another.
func (r *rule) couldHide(other *rule) bool {
	switch {
	case r.priority <= other.priority, other.serves > r.serves, r.cooldown > 0, r.scope.once != "":
		return false
	case !r.repeat && r.line != lineFarewell && !(r.line == lineGreeting && len(r.ids) > 1):
		return false // at the visit after, another may speak
	case len(r.scope.lanes) > 0 && !slices.Equal(r.scope.lanes, other.scope.lanes):
		return false
	case len(r.scope.hours) > 0 && !slices.Equal(r.scope.hours, other.scope.hours):
		return false
	case r.about != aboutNothing && r.about != other.about, r.about == aboutFact && r.aged != other.aged:
		return false
	}
	return !slices.ContainsFunc(r.texts, func(some []template) bool {
		return slices.ContainsFunc(some, func(t template) bool {
			return slices.ContainsFunc(t, func(p piece) bool { return p.slot != "" && !slices.Contains(alwaysFilled[r.about], string(p.slot)) })
		})
	})
}

// unfilled finds a place in a text that never is filled in this rule.
func (r *rule) unfilled(t template) string {
	for _, each := range t {
		var can bool
		switch each.slot {
		case "fact", "told", "source", "in_days":
			can = r.about == aboutFact
		case "item", "often", "times", "tenths":
			can = r.about != aboutFact
		case "learned":
			can = r.about == aboutFact || r.fills("as_liked", "preference")
		default:
			can = true
		}
		if !can {
			return "{" + string(each.slot) + "}"
		}
	}
	return ""
}

// idleName finds a variable that says nothing in this rule; empty: there is none.
func (r *rule) idleName() string {
	if r.when == nil || r.about == aboutFact {
		return ""
	}
	for _, name := range r.when.names {
		if strings.HasPrefix(name, "fact.") {
			return name
		}
	}
	return ""
}
