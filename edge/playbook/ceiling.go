// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"slices"

	"redbench/edge"
)

// What a stage allows at most, however a playbook is written. A stranger has told nothing. Whoever is new may hear what she
// told us and what she bought last; a habit shows only in a rhythm; and to be called by her name she has to be known.
var ceilings = []struct {
	stage edge.Stage
	what  string // what a rule uses, as the linter says it
	uses  func(*rule) bool
}{
	{edge.StageRegular, "the name in what is said aloud", func(r *rule) bool { return r.spoken() && r.fills("name") }},
	{edge.StageFamiliar, "her habits", func(r *rule) bool {
		return r.about == aboutUsual || r.fills("item", "as_liked", "often", "times", "tenths")
	}},
	{edge.StageNew, "what she told or bought", func(r *rule) bool {
		return r.about != aboutNothing || r.fills("name", "preference", "days", "months", "ago", "visits")
	}},
}

// ceiling is the lowest stage at which a rule may speak because of what it uses.
func ceiling(r *rule) int {
	for _, each := range ceilings {
		if each.uses(r) {
			return each.stage.Rank()
		}
	}
	return 0
}

// spoken reports whether the cashier says the line as it stands.
func (r *rule) spoken() bool {
	return r.line == lineGreeting || r.line == lineFarewell || r.line == lineAsk
}

// fills reports whether one of the rule's texts has one of these places.
func (r *rule) fills(places ...slot) bool {
	return slices.ContainsFunc(r.texts, func(some []template) bool {
		return slices.ContainsFunc(some, func(t template) bool { return slices.ContainsFunc(places, t.uses) })
	})
}
