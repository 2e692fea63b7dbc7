// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"strings"
	"time"
	"unicode"

	"redbench/edge"
)

// ages is after how long what was told is asked anew before it is used.
const ages = 365 * 24 * time.Hour

// ageing reports whether facts of a kind age. What stays open until a person closes it, and what protects her, does not.
func ageing(kind edge.FactKind) bool {
	switch kind {
	case edge.FactInterest, edge.FactPreference, edge.FactPerson, edge.FactDate, edge.FactPraise:
		return true
	}
	return false
}

// old reports whether a fact must be asked anew before it is used. A confirmation renews its moment.
func old(f *edge.Fact, now time.Time) bool { return ageing(f.Kind) && now.Sub(f.At) > ages }

// doubtful reports whether a fact is not to be stated as it stands: it is old, or she told otherwise since.
func (c *chooser) doubtful(f *edge.Fact) bool { return old(f, c.in.Now) || c.newer(f, contradicts) }

// repeated reports whether the same was told again later: the newer fact speaks for both.
func (c *chooser) repeated(f *edge.Fact) bool { return c.newer(f, same) }

// newer looks for a fact of the same kind, told later, that stands so to this one. Facts are sorted, newest first.
func (c *chooser) newer(f *edge.Fact, stands func(newer, older *edge.Fact) bool) bool {
	if !ageing(f.Kind) {
		return false
	}
	for i := range c.facts {
		switch each := &c.facts[i]; {
		case each.ID == f.ID:
			return false
		case each.Kind == f.Kind && stands(each, f):
			return true
		}
	}
	return false
}

// same reports whether two facts say the same of the same day.
func same(a, b *edge.Fact) bool {
	return a.Date == b.Date && strings.EqualFold(strings.TrimRight(a.Text, " .!"), strings.TrimRight(b.Text, " .!"))
}

// contradicts reports whether the newer of two facts takes back the older: it says "with" where that says "without", or
// gives the same occasion another day. More is not read into words: what else may contradict, she or a cashier says.
func contradicts(a, b *edge.Fact) bool {
	alike, opposed := compare(a.Text, b.Text)
	return alike && (opposed || a.Date != b.Date && a.Date != "" && b.Date != "")
}

// compare sees whether two texts are about the same thing, word by word, and whether one of them denies it.
func compare(a, b string) (alike, opposed bool) {
	var first, second bool
	for {
		var one, two string
		one, a, first = nextWord(a, first)
		two, b, second = nextWord(b, second)
		if one == "" && two == "" {
			return true, first != second
		}
		if !strings.EqualFold(one, two) {
			return false, false
		}
	}
}

// nextWord gives the next word that is neither a denial nor a filler, and whether there was a denial so far.
func nextWord(text string, denied bool) (word, rest string, deny bool) {
	for {
		text = strings.TrimLeftFunc(text, apart)
		if text == "" {
			return "", "", denied
		}
		end := strings.IndexFunc(text, apart)
		if end < 0 {
			end = len(text)
		}
		word, text = text[:end], text[end:]
		switch {
		case among(word, denials):
			denied = true
		case !among(word, fillers):
			return word, text, denied
		}
	}
}

func apart(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) && r != '\'' && r != '’'
}

// denials and fillers are short words of the default's five languages, in their languages' order.
var (
	denials = []string{
		"no", "not", "never", "without", "don't", "doesn't", "sin", "nunca", "jamás", "sans", "pas", "jamais", "ne", "ohne", "kein", "keine",
		"keinen", "nicht", "nie", "senza", "non", "mai", "niente",
	}
	fillers = []string{
		"with", "a", "an", "the", "please", "always", "con", "un", "una", "el", "la", "los", "las", "siempre", "avec", "de", "du", "des", "le",
		"les", "une", "toujours", "mit", "bitte", "immer", "ein", "eine", "einen", "der", "die", "das", "den", "il", "lo", "gli", "uno", "sempre",
	}
)

func among(word string, list []string) bool {
	if len(word) > 8 {
		return false
	}
	for _, each := range list {
		if len(each) == len(word) && strings.EqualFold(each, word) {
			return true
		}
	}
	return false
}
