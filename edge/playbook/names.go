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
