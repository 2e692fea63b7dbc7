// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"redbench/edge"
	"redbench/edge/memory"
)

// preference is a told preference that another line may take along.
func (f *filler) preference() string {
	for wish := range f.c.wishes {
		f.joined = wish
		return factText(wish)
	}
	return ""
}

// asLiked is her most usual thing the way she likes it, so that it reads aloud as one: "Oat flat white, no lid".
func (f *filler) asLiked() string {
	if f.c.usual == nil {
		return ""
	}
	for wish := range f.c.wishes {
		if text := f.c.join(f.c.p.article(f.c.usual.Name).name, factText(wish)); text != "" {
			f.joined = wish
			return text
		}
	}
	return ""
}

// wishes are the preferences that still hold, newest first.
func (c *chooser) wishes(yield func(*edge.Fact) bool) {
	for i := range c.facts {
		f := &c.facts[i]
		if f.Kind == edge.FactPreference && f.Text != "" && !c.doubtful(f) && !c.repeated(f) && !yield(f) {
			return
		}
	}
}

// join puts a wish behind a thing. A wish that names the thing is not made to name it twice; one that is about another
// of her usual things is put beside this one; one about a thing that she seldom takes, or about a full basket, does not
// belong here: empty.
func (c *chooser) join(thing, wish string) string {
	for _, name := range []string{thing, c.head(thing)} {
		if rest, found := without(wish, name); found {
			return thing + comma(rest)
		}
	}
	if mentions(wish, thing) {
		return wish
	}
	if other := c.otherThing(wish); other != nil {
		if !memory.Named(*other) || c.deniedThing(other.SKU) {
			return ""
		}
		return thing + c.and() + c.lower(wish)
	}
	if c.m.vars.Last.Size > few {
		return "" // "Heavy things below" is about the basket, not about the bananas
	}
	return thing + comma(c.lower(wish))
}

func comma(rest string) string {
	if rest == "" {
		return ""
	}
	return ", " + rest
}

// otherThing is another of her things that a wish is about.
func (c *chooser) otherThing(wish string) *edge.Habit {
	for i := range c.in.Profile.Usual {
		if h := &c.in.Profile.Usual[i]; h != c.usual && c.about(wish, c.p.article(h.Name).name) {
			return h
		}
	}
	return nil
}

// about reports whether a wish is about a thing: it names it, or begins with what it is.
func (c *chooser) about(wish, thing string) bool {
	_, begins := without(wish, c.head(thing))
	return begins || mentions(wish, thing)
}

// wished reports whether she told how she wants a thing.
func (c *chooser) wished(thing string) bool {
	for wish := range c.wishes {
		if c.about(factText(wish), c.p.article(thing).name) {
			return true
		}
	}
	return false
}

// without takes a name off the beginning of a wish: "Rye loaf sliced thick" is "sliced thick" of a rye loaf.
func without(wish, name string) (rest string, found bool) {
	if name == "" || len(wish) < len(name) || !strings.EqualFold(wish[:len(name)], name) {
		return "", false
	}
	rest = wish[len(name):]
	if r, _ := utf8.DecodeRuneInString(rest); rest != "" && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
		return "", false
	}
	return strings.TrimLeft(rest, " ,;:.-–"), true
}

// mentions reports whether a text has a name in it, as whole words.
func mentions(text, name string) bool {
	letter := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	text, name = strings.ToLower(text), strings.ToLower(name)
	before, after, found := strings.Cut(text, name)
	if !found || name == "" {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	return !(before != "" && letter(last)) && !(after != "" && letter(next))
}

// headFirst are the languages that say first what a thing is: "pan de centeno", where English has "rye loaf".
var headFirst = []string{"es", "fr", "it", "pt", "ca", "ro"}

// head is the word of a name that says what the thing is.
func (c *chooser) head(name string) string { return head(c.p.languages[c.lang], name) }

// head is the word of a name that says what the thing is: the loaf of "Rye loaf", the café of "Café au lait".
func head(tag, name string) string { return headOf(tag, nouns(name)) }

// nouns are the words of a name that may say what the thing is: not "1 l", nor "250 g".
func nouns(name string) []string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	return slices.DeleteFunc(words, func(word string) bool {
		return utf8.RuneCountInString(word) < 3 || strings.ContainsFunc(word, unicode.IsDigit)
	})
}

func headOf(tag string, words []string) string {
	switch {
	case len(words) == 0:
		return ""
	case slices.Contains(headFirst, tag):
		return words[0]
	}
	return words[len(words)-1]
}

// germanSmall are the words that a wish may begin with and that German writes small. Any other may be a noun.
var germanSmall = []string{
	"ohne", "mit", "kein", "keine", "keinen", "nicht", "nur", "immer", "extra", "bitte", "gern", "gerne", "lieber", "sehr", "ganz", "halb",
	"wenig", "weniger", "viel", "mehr", "etwas", "gut", "dick", "dünn", "klein", "groß", "heiß", "warm", "kalt", "frisch", "stark", "leicht",
	"in", "im", "am", "an", "auf", "aus", "zum", "zur", "vom", "von", "für", "der", "die", "das", "den", "dem", "ein", "eine", "einen",
}

// capitals are the English words with a capital wherever they stand.
var capitals = []string{"i", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// lower begins a wish small, as the second half of a line, where the language does and no name is begun so.
func (c *chooser) lower(wish string) string {
	word, rest, _ := strings.Cut(wish, " ")
	small := strings.ToLower(word)
	german := c.p.languages[c.lang] == "de"
	switch next, _ := utf8.DecodeRuneInString(rest); {
	case strings.HasSuffix(small, "'s"), strings.HasSuffix(small, "’s"), slices.Contains(capitals, small):
		return wish // "Ada's bag"
	case small == word || strings.ToLower(string([]rune(word)[1:])) != string([]rune(word)[1:]):
		return wish // "BBQ sauce beside"
	case german && !slices.Contains(germanSmall, strings.TrimRight(small, ",;:")):
		return wish
	case !german && unicode.IsUpper(next):
		return wish // "Earl Grey only"
	}
	return small + wish[len(word):]
}
