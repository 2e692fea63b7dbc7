// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// readable gives an article's name as a person would say it, or nothing where nobody could: silence is better than half a
// name, an abbreviation or a shelf. Tills shout: "OAT FLAT WHITE LG". A name that has small letters was written by somebody
// with care and stays as it is, but for spaces.
func readable(name string) string {
	name = kind(tidy(name))
	if shouts(name) {
		name = quiet(name)
	}
	if utf8.RuneCountInString(name) > maxThing {
		name = whole(name)
	}
	if coded(name) {
		return ""
	}
	return name
}

// path parts the levels of an assortment: "CIPOLLE / CIPOLLE ROSSE", "SNACK / SOFFICINI /CREPES".
var path = regexp.MustCompile(`\s/\s?|/\s`)

// kind is the name in what is a path through an assortment. The last level says by itself what the thing is only where it
// takes up what one before begins with: "Cipolle rosse" are onions, but "Classici" could be anything, and is nobody's thing.
func kind(name string) string {
	if !strings.Contains(name, "/") {
		return name
	}
	levels := path.Split(name, -1)
	if len(levels) == 1 {
		return name
	}
	last := strings.TrimSpace(levels[len(levels)-1])
	for _, before := range levels[:len(levels)-1] {
		for each := range strings.FieldsFuncSeq(before, func(r rune) bool { return r == '/' || r == '-' }) {
			if words := parts(each); len(words) > 0 && alike(words[:1], parts(last)) {
				return last
			}
		}
	}
	return ""
}

// alike reports whether a word of one name is in the other.
func alike(a, b []string) bool {
	return slices.ContainsFunc(a, func(one string) bool {
		return slices.ContainsFunc(b, func(other string) bool { return sameStem(one, other) })
	})
}

// parts are the words of a name, small.
func parts(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) })
}

// sameStem reports whether two words are one but for their ending: "pizze", "pizza".
func sameStem(a, b string) bool {
	x, y := []rune(a), []rune(b)
	n := min(len(x), len(y)) - 1
	return n >= 3 && max(len(x), len(y)) <= n+2 && string(x[:n]) == string(y[:n])
}

// pack is how many are in one, where that stands first: "SET OF 3", "SET/20", "Lot de 6".
var pack = regexp.MustCompile(`(?i)^(?:set|pack|box|juego|caja|lote|lot|boîte|paquet|confezione|scatola)(?: (?:of|de|da|di))?[ /]\d+ (?:of |de |di )?(\pL.*)$`)

// quiet writes a shouted name as a person would: without how many are in one, which nobody says.
func quiet(name string) string {
	if strings.ContainsAny(name, digits) {
		name = pack.ReplaceAllString(name, "$1")
	}
	fields := strings.Fields(strings.ReplaceAll(name, ",", ", "))
	for i, word := range fields {
		fields[i] = quieter(word, i == 0)
	}
	return strings.TrimRight(strings.Join(fields, " "), " .,;:")
}

// whole is the part of a long name that stands by itself, before a comma or what is in brackets; nothing where there is none.
func whole(name string) string {
	before, _, found := strings.Cut(name, ", ")
	if b, _, brackets := strings.Cut(before, " ("); brackets {
		before, found = b, true
	}
	if n := utf8.RuneCountInString(before); !found || n > maxThing || !strings.Contains(before, " ") {
		return ""
	}
	return before
}

var (
	// size is the measure at the end of a name: "1 l", "250G", "40x40cm", "Chai Rg". Nobody remembers a thing by it.
	size = regexp.MustCompile(`(?i:[ ,]+(?:\d+ ?x ?)?\d+(?:[.,]\d+)? ?(?:g|gr|kg|mg|l|lt|ml|cl|dl|cm|mm|m|oz|lb)\.?$)| (?:Sm|Rg|Md|Lg)$`)
	// codes are what nobody says: "S.A", "C/GUSCIO", "DETERG. PICCOLE", a number of many digits, "1 P".
	codes = regexp.MustCompile(`(?i)\pL\.[\pL\d]|(?:^|[\s(])[cspw]/|\bof\d|\d{5}|\d (?:[^\PLglx])$|[<>=*#_|\\~^]`)
	dots  = regexp.MustCompile(`(\pL+)\.(?:[\s,)]|$)`)
)

// marks and digits are in every name that one of these finds.
const (
	marks  = "./<>=*#_|\\~^"
	digits = "0123456789"
)

// titles are the abbreviations that everybody reads out.
var titles = []string{"dr", "st", "ste", "mr", "mrs", "ms", "prof"}

// shortened are the abbreviations of tills and warehouses that have a vowel, or are too short to be told by having none.
var shortened = []string{"w", "asstd", "assrtd", "assort", "pc", "pcs", "pkt", "ctn", "btl", "qty", "sku"}

// spelt are abbreviations with a vowel that everybody reads letter by letter.
var spelt = []string{"LED", "USB", "UHT", "IPA", "DIY", "USA", "XXL"}

// coded reports whether a name cannot be read aloud.
func coded(name string) bool {
	if !strings.ContainsFunc(name, unicode.IsLetter) || strings.ContainsAny(name, marks+digits) && codes.MatchString(name) {
		return true
	}
	if first, _, more := strings.Cut(name, " "); more && len(first) == 1 && strings.Contains("BCDFGHJKLMNPQRSTVWXZ", first) {
		return true // "V GAMMA"
	}
	if strings.Contains(name, ".") && cutShort(name) {
		return true
	}
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		if len(word) > 6 {
			continue
		}
		if slices.Contains(shortened, strings.ToLower(word)) || utf8.RuneCountInString(word) == 4 && abbreviation(strings.ToUpper(word)) {
			return true
		}
	}
	return false
}

// cutShort reports whether a word that is not the last ends with a full stop: "DETERG. PICCOLE".
func cutShort(name string) bool {
	for _, dot := range dots.FindAllStringSubmatchIndex(name, -1) {
		if dot[1] < len(name) && !slices.Contains(titles, strings.ToLower(name[dot[2]:dot[3]])) {
			return true
		}
	}
	return false
}

// unsized is a name without its measure.
func unsized(name string) string {
	if len(name) < 4 || !strings.ContainsAny(name, digits) && name[len(name)-3] != ' ' {
		return name
	}
	return size.ReplaceAllString(name, "")
}

// shouts reports whether a name has capitals and no small letter. A measure ("40x40cm") does not count.
func shouts(name string) bool {
	capitals := false
	for word := range strings.FieldsSeq(name) {
		if strings.ContainsAny(word[:1], "0123456789") {
			continue
		}
		for _, r := range word {
			if unicode.IsLower(r) {
				return false
			}
			capitals = capitals || unicode.IsUpper(r)
		}
	}
	return capitals
}

// small are the words that stay small inside a name, in the five languages of the default playbook.
var small = map[string]bool{
	"and": true, "of": true, "with": true, "in": true, "the": true, "on": true, "for": true, "to": true, "a": true, "or": true,
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
		return strings.Replace(word, "'S", "'s", 1) // "50's"
	case abbreviation(word), slices.Contains(spelt, word):
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
		up = r == '-' || r == '/' || r == '&' || r == '+' || r == '(' || r == '.' || (r == '\'' || r == '’') && rest > 2 || up && !unicode.IsLetter(r)
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
