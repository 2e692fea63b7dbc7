// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"strings"
	"unicode/utf8"
)

// leastFact is how much of what was told must fit beside a text: what is longer is cut short.
const leastFact = 28

// worst fills a text with the longest that may stand in each place, to see whether it is still read at a glance. What the
// program leaves out by itself where it would be too long (who was told, a second thing, a wish) is left out here too.
func (p *Playbook) worst(lang int, t template) string {
	w := &p.words[lang]
	return t.render(func(s slot) string {
		switch s {
		case "hello":
			return longest(w.hello)
		case "goodbye":
			return longest(w.goodbye)
		case "name":
			return full("Maximiliane ", maxName)
		case "fact":
			return full("Ada starts nursery on Monday ", leastFact)
		case "item", "items", "as_liked":
			return full("Wholemeal Sourdough Loaf, Sliced ", maxThing)
		case "preference":
			return full("No lid on the coffee ", shortest)
		case "often":
			return w.longestPhrase("often_few", "often_many")
		case "ago":
			return w.longestPhrase("ago_today", "ago_yesterday", "ago_days", "ago_months")
		case "source":
			return w.longestPhrase("told", "told_to", "told_at", "told_to_at", "kept")
		case "learned":
			return w.longestPhrase("told_to_at") + ", " + w.longestPhrase("ago_days", "ago_months")
		case "told":
			return ""
		case "tenths":
			return "10"
		}
		return "365"
	})
}

// full repeats a text until it has so many characters.
func full(text string, n int) string {
	runes := []rune(strings.Repeat(text, n/len(text)+1))
	return string(runes[:n])
}

// longestPhrase gives the longest of some phrases, filled.
func (w *words) longestPhrase(names ...string) string {
	most := ""
	for _, name := range names {
		text := w.phrases[name].render(func(s slot) string {
			switch s {
			case "who", "place":
				return full("Konstantina ", maxName)
			case "tenths":
				return "10"
			}
			return "365"
		})
		if utf8.RuneCountInString(text) > utf8.RuneCountInString(most) {
			most = text
		}
	}
	return most
}

func longest(all []spoken) string {
	most := ""
	for _, each := range all {
		if utf8.RuneCountInString(each.Say) > utf8.RuneCountInString(most) {
			most = each.Say
		}
	}
	return most
}
