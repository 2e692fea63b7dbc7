// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"unicode"
	"unicode/utf8"
)

// class says what a byte or a rune is to the scan.
type class uint8

const (
	other     class = iota
	digit           // of any script
	separator       // may stand between the digits of one number
)

// maxGap is how many separators may stand between two digits of one number: " - " is three.
const maxGap = 3

// classes of the ASCII bytes. A comma is no separator, for it parts numbers in every list (but
// see spread); a zero byte is one, since
// that is how UTF-16 shows its digits.
var classes = func() (c [utf8.RuneSelf]class) {
	for b := '0'; b <= '9'; b++ {
		c[b] = digit
	}
	for _, b := range "\x00 \t-._/+" {
		c[b] = separator
	}
	return c
}()

// run is a stretch of digits with at most maxGap separators between two of them.
type run struct {
	digits []byte  // ASCII
	groups []group // its unbroken parts
}

// group is an unbroken part of a run.
type group struct {
	from, to   int // in run.digits
	start, end int // in the text
}

func (g group) len() int { return g.to - g.from }

// scan reads text once and examines every run that is long enough for a card number.
func (g *Guard) scan(text []byte) (what string, found bool) {
	start, end, count, gap := 0, 0, 0, 0
	for i := 0; i < len(text); {
		c, size := other, 1
		if b := text[i]; b < utf8.RuneSelf {
			c = classes[b]
		} else {
			c, size = classOf(text[i:])
		}
		switch {
		case c == digit:
			if count == 0 {
				start = i
			}
			count++
			gap, end = 0, i+size
		case c == separator && count > 0 && gap < maxGap:
			gap++
		case count > 0:
			if count >= minLen {
				if what, found = g.examine(text, start, end); found {
					return what, true
				}
			}
			count, gap = 0, 0
		}
		i += size
	}
	if count >= minLen {
		return g.examine(text, start, end)
	}
	return "", false
}

// readRun takes a run apart. The arrays keep an ordinary one off the heap.
func readRun(text []byte, start, end int, digits []byte, groups []group) run {
	r := run{digits: digits, groups: groups}
	open := false
	for i := start; i < end; {
		v, size, ok := digitAt(text[i:])
		if !ok {
			open = false
			i += size
			continue
		}
		if !open {
			r.groups = append(r.groups, group{from: len(r.digits), to: len(r.digits), start: i})
			open = true
		}
		r.digits = append(r.digits, '0'+v)
		last := &r.groups[len(r.groups)-1]
		i += size
		last.to, last.end = len(r.digits), i
	}
	return r
}

func digitAt(text []byte) (v byte, size int, ok bool) {
	if b := text[0]; b < utf8.RuneSelf {
		return b - '0', 1, classes[b] == digit
	}
	r, size := utf8.DecodeRune(text)
	v, ok = digitOf(r)
	return v, size, ok
}

// digitOf gives the value of a decimal digit of any script. Unicode lists those in rows of ten that start with zero.
func digitOf(r rune) (v byte, ok bool) {
	if r >= '0' && r <= '9' {
		return byte(r - '0'), true
	}
	if r < utf8.RuneSelf {
		return 0, false
	}
	for _, row := range unicode.Nd.R16 {
		if r >= rune(row.Lo) && r <= rune(row.Hi) {
			return byte((r - rune(row.Lo)) % 10), true
		}
	}
	for _, row := range unicode.Nd.R32 {
		if r >= rune(row.Lo) && r <= rune(row.Hi) {
			return byte((r - rune(row.Lo)) % 10), true
		}
	}
	return 0, false
}

// classOf says what the rune at the start of text is.
func classOf(text []byte) (class, int) {
	r, size := utf8.DecodeRune(text)
	switch {
	case unicode.Is(unicode.Nd, r):
		return digit, size
	case unicode.Is(unicode.Zs, r), unicode.Is(unicode.Pd, r), unicode.Is(unicode.Cf, r):
		return separator, size // spaces, dashes, and what cannot be seen
	case r == '·', r == '•', r == '−', r == '．', r == '․', r == '∙':
		return separator, size
	}
	return other, size
}
