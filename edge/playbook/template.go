// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// template is a text with places to fill in: "Last time: {items}".
type template []piece

type piece struct {
	text string // taken as it is, where slot is empty
	slot slot
}

type slot string

// slots are the places that a rule's text or reason may have.
var slots = []string{
	"hello", "goodbye", "name", "fact", "told", "source", "learned", "ago", "in_days",
	"item", "as_liked", "preference", "often", "times", "tenths", "items", "days", "months", "visits",
}

// phraseSlots are the places that a phrase may have.
var phraseSlots = []string{"days", "months", "who", "place", "when", "times", "visits", "tenths"}

// parseTemplate reads a text. A brace that opens no known place is an error.
func parseTemplate(text string, slots []string) (template, error) {
	var t template
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		if strings.Contains(before, "}") {
			return nil, fmt.Errorf("a } without its {")
		}
		if before != "" {
			t = append(t, piece{text: before})
		}
		if !found {
			break
		}
		name, after, closed := strings.Cut(after, "}")
		if !closed {
			return nil, fmt.Errorf("a { without its }")
		}
		if !known(name, slots) {
			return nil, fmt.Errorf("unknown place {%s}%s", name, meant("{"+name+"}", braced(slots)))
		}
		t = append(t, piece{slot: slot(name)})
		rest = after
	}
	return t, nil
}

func braced(names []string) []string {
	out := make([]string, len(names))
	for i, each := range names {
		out[i] = "{" + each + "}"
	}
	return out
}

// uses reports whether the text has this place.
func (t template) uses(s slot) bool {
	for _, each := range t {
		if each.slot == s {
			return true
		}
	}
	return false
}

// render fills the places.
func (t template) render(fill func(slot) string) string {
	if len(t) == 1 && t[0].slot == "" {
		return t[0].text
	}
	var b strings.Builder
	b.Grow(64)
	for _, each := range t {
		if each.slot == "" {
			b.WriteString(each.text)
			continue
		}
		b.WriteString(fill(each.slot))
	}
	return b.String()
}

// fixed is how many characters of the text are there before anything is filled in.
func (t template) fixed() int {
	n := 0
	for _, each := range t {
		n += utf8.RuneCountInString(each.text)
	}
	return n
}
