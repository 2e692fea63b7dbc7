// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how long a name may be that is said in a line; a longer one stands in the first line alone. To say half of it
// would be to guess which half she goes by.
const maxName = 24

// fromRight are the languages written from right to left.
var fromRight = []string{"ar", "fa", "he", "ur", "yi", "ps", "sd", "ug", "dv", "ckb", "syr"}

// The marks that keep a piece of text from mixing its direction with the text around it (Unicode's FSI and PDI).
const (
	isolateFrom = "\u2068"
	isolateTo   = "\u2069"
)

// isolated sets a name, a thing or what was told off from a text of the other direction, so that the brackets, numbers and full
// stops around it stay where they are read.
func (c *chooser) isolated(text string) string {
	if ascii(text) && !c.words.fromRight {
		return text
	}
	other := rightward
	if c.words.fromRight {
		other = leftward
	}
	if !strings.ContainsFunc(text, other) {
		return text
	}
	return isolateFrom + text + isolateTo
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// rightward are the letters of scripts that are written from right to left.
func rightward(r rune) bool {
	return r >= 0x590 && r <= 0x8ff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfeff || r >= 0x10800 && r <= 0x10fff ||
		r >= 0x1e800 && r <= 0x1efff
}

func leftward(r rune) bool { return unicode.IsLetter(r) && !rightward(r) }

// directs are the marks that change the direction of what follows them, up to a mark that may be missing. In a name that
// somebody typed they would turn the whole line.
func directs(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }

// clings reports whether a character belongs to the one before it, and must not be parted from it.
func clings(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Mc, unicode.Me) || r == 0x200d || r >= 0x1f3fb && r <= 0x1f3ff
}

func isFromRight(language string) bool { return slices.Contains(fromRight, language) }
