// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths of what stands on a screen, in characters.
const (
	glance   = 60 // a line that is read at a glance
	twoLines = 72 // more than this does not fit two lines of an ordinary screen (1366 by 768)
	maxFact  = twoLines
	shortest = 20 // what is left of a fact, however long the text around it
	maxThing = 34 // the name of a thing
)

// long reports whether a line is too long for a glance.
func long(text string) bool { return len(text) > glance && utf8.RuneCountInString(text) > glance }

// readable gives an article's name as a person would write it. Tills shout: "OAT FLAT WHITE LG". A name that has small
// letters was written by somebody with care and stays as it is, but for spaces.
func readable(name string) string {
	name = tidy(name)
	if shouts(name) {
		fields := strings.Fields(name)
		for i, word := range fields {
			fields[i] = quieter(word, i == 0)
		}
		name = strings.Join(fields, " ")
	}
	return cut(name, maxThing)
}

// tidy makes one line of a text: spaces run together, control characters gone. Scripts stay, each in its direction.
func tidy(text string) string {
	plain := true
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' || c == 0x7f || c >= utf8.RuneSelf || c == ' ' && (i == 0 || i == len(text)-1 || text[i+1] == ' ') {
			plain = false
			break
		}
	}
	if plain {
		return text
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), directs(r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// shouts reports whether a name has capitals and no small letter.
func shouts(name string) bool {
	capitals := false
	for _, r := range name {
		if unicode.IsLower(r) {
			return false
		}
		capitals = capitals || unicode.IsUpper(r)
	}
	return capitals
}

// small are the words that stay small inside a name, in the five languages of the default playbook.
var small = map[string]bool{
	"and": true, "of": true, "with": true, "in": true, "the": true, "on": true, "for": true, "to": true,
	"y": true, "de": true, "del": true, "con": true, "sin": true, "al": true, "la": true, "el": true, "en": true, "para": true,
	"et": true, "du": true, "des": true, "aux": true, "au": true, "à": true, "avec": true, "sans": true, "le": true, "les": true,
	"und": true, "mit": true, "ohne": true, "von": true, "vom": true, "im": true, "für": true,
	"e": true, "di": true, "da": true, "della": true, "per": true, "senza": true, "ai": true, "alla": true,
}

// quieter writes one shouted word: sizes and letters-only abbreviations stay, all else gets one capital.
func quieter(word string, first bool) string {
	lower := strings.ToLower(word)
	switch {
	case !first && small[lower]:
		return lower
	case strings.ContainsAny(word, "0123456789"):
		return word
	case abbreviation(word):
		return word
	}
	var b strings.Builder
	b.Grow(len(word))
	up := true
	for i, r := range lower {
		if up && unicode.IsLetter(r) {
			b.WriteRune(unicode.ToUpper(r))
		} else {
			b.WriteRune(r)
		}
		// A part after a hyphen, a stroke or an ampersand begins anew; after an apostrophe only a whole word does, so that
		// it is "Jerry's" and "L'Oréal".
		rest := utf8.RuneCountInString(lower[i+utf8.RuneLen(r):])
		up = r == '-' || r == '/' || r == '&' || r == '(' || r == '.' || (r == '\'' || r == '’') && rest > 2 || up && !unicode.IsLetter(r)
	}
	return b.String()
}

// abbreviation reports whether a word is letters that are read one by one: short and without a vowel, or a size.
func abbreviation(word string) bool {
	n := utf8.RuneCountInString(word)
	if n == 1 || n > 4 {
		return n == 1 && word != "A"
	}
	for _, r := range word {
		if !unicode.IsLetter(r) || strings.ContainsRune("AEIOUYÄÖÜÀÁÂÈÉÊËÌÍÎÏÒÓÔÙÚÛÆØÅŒ", r) {
			return false
		}
		if r >= 0x250 { // other scripts have other vowels
			return false
		}
	}
	return true
}

// cut shortens a text to so many characters, at the end of a word where there is one.
func cut(text string, n int) string {
	if len(text) <= n || utf8.RuneCountInString(text) <= n {
		return text
	}
	runes := []rune(text)
	end := n - 1
	for i := end; i > n/2; i-- {
		if runes[i] == ' ' {
			end = i
			break
		}
	}
	// A mark that belongs to the letter before it must not be parted from it.
	for end > 0 && (clings(runes[end]) || runes[end-1] == 0x200d) {
		end--
	}
	return strings.TrimRight(string(runes[:end]), " ,;:.-–/(&+") + "…"
}

// hush keeps the beginnings of words whose things are never named.
func (p *Playbook) hush(beginnings []string) {
	p.hushed = map[string][]string{}
	for _, each := range beginnings {
		each = strings.ToLower(each)
		if len(each) >= 3 {
			p.hushed[each[:3]] = append(p.hushed[each[:3]], each)
		}
	}
}

// private reports whether a thing is nobody's business: what it is for belongs to the customer alone.
func (p *Playbook) private(name string) bool {
	for word := range strings.FieldsFuncSeq(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
		if len(word) < 3 {
			continue
		}
		for _, beginning := range p.hushed[word[:3]] {
			if strings.HasPrefix(word, beginning) {
				return true
			}
		}
	}
	return false
}
