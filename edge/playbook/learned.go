// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"strings"
	"unicode"

	"redbench/edge"
	"redbench/edge/memory"
)

// imported reports whether a fact came with an import, and nobody knows who was told.
func imported(f *edge.Fact) bool { return f.ToldTo == "" && f.Place == edge.PlaceImport }

// teller is the name of whoever was told. What a till calls a cashier by ("4711", "c-17") is no name: nobody is called by a
// digit.
func teller(f *edge.Fact) string {
	if !strings.ContainsFunc(f.ToldTo, unicode.IsLetter) || strings.ContainsFunc(f.ToldTo, unicode.IsNumber) {
		return ""
	}
	return cut(tidy(f.ToldTo), maxName)
}

// shop is the store in a fact's place: "harbour · 3" was learned at harbour. An import is no place.
func shop(f *edge.Fact) string {
	if f.Place == edge.PlaceImport {
		return ""
	}
	store, _, _ := strings.Cut(f.Place, "·")
	return cut(tidy(store), maxName)
}

// stale is after how many days what was told may have moved on ("starts nursery on Monday"): then when it was told matters
// more than to whom, which stands in the reason.
const stale = 30

// suffix says behind a fact who was told, and where; of one that was told long ago, when. Where nothing is known it says
// nothing: that something is on record helps no cashier.
func (f *filler) suffix() string {
	if f.told && f.isStale() {
		return " (" + f.c.words.phrases["noted"].render(func(slot) string { return f.ago() }) + ")"
	}
	if !f.told || teller(f.fact) == "" && shop(f.fact) == "" {
		return ""
	}
	return " (" + f.source() + ")"
}

// isStale reports whether a fact's line says when it was told. Of an import nobody knows, and a day has its own time.
func (f *filler) isStale() bool {
	return f.fact != nil && !imported(f.fact) && f.fact.Kind != edge.FactDate && memory.DaysSince(f.fact.At, f.c.in.Now) >= stale
}

// source tells whom she told it, and where.
func (f *filler) source() string {
	who, place := teller(f.fact), shop(f.fact)
	name := "told"
	switch {
	case imported(f.fact):
		name = "kept"
	case who != "" && place != "":
		name = "told_to_at"
	case who != "":
		name = "told_to"
	case place != "":
		name = "told_at"
	}
	return f.c.words.phrases[name].render(func(s slot) string {
		switch s {
		case "who":
			return f.c.isolated(who)
		case "place":
			return f.c.isolated(place)
		}
		return ""
	})
}

// learned is where the fact comes from, and since when: "Told to Jo at harbour, 12 days ago". Of what was imported only
// the day of the import is known, and she may have told it years before.
func (f *filler) learned() string {
	if imported(f.fact) {
		return f.spell("kept")
	}
	return first(f.source()) + ", " + f.ago()
}

// learnedFrom is learned of a fact that need not be the rule's own.
func (f *filler) learnedFrom(fact *edge.Fact) string {
	if fact == nil {
		return ""
	}
	other := filler{c: f.c, fact: fact}
	return other.learned()
}
