// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// maxWideGap is how many bytes may stand between two groups of a number that is spread: `",     "`.
const maxWideGap = 12

// wideGap are the bytes that part columns and lists, beside those that may stand within any number.
const wideGap = ",;:|*'\"\\\r\n[](){}<>#=&~"

// spread reports whether a card number stands in groups as cards print them, with the same gap between all of them. The
// gap may be one that parts numbers elsewhere (a comma, a line's end, what stands between two texts of a list), because
// groups of just these sizes with one gap are hardly anything else. Lists of amounts of four digits are: so four groups
// of four count only where there is no fifth.
func (g *Guard) spread(text []byte) bool {
	var before group // the one before, with its size as to
	for i := 0; i+3 < len(text); {
		if b := text[i+3]; b < utf8.RuneSelf && classes[b] != digit {
			i += 4 // no group of four begins here
			continue
		}
		end, size := groupEnd(text, i)
		if size == 0 {
			i = end
			continue
		}
		if size == 4 && g.grouped(text, i, before) {
			return true
		}
		before = group{to: size, start: i, end: end}
		i = end
	}
	return false
}

// groupEnd gives the end of the digits at start and their number; without any, the end of the character there.
func groupEnd(text []byte, start int) (end, size int) {
	for end = start; end < len(text); size++ {
		if b := text[end]; b < utf8.RuneSelf {
			if classes[b] != digit {
				break
			}
			end++
			continue
		}
		_, width, ok := digitAt(text[end:])
		if !ok {
			break
		}
		end += width
	}
	if size == 0 {
		_, width := utf8.DecodeRune(text[start:])
		end += width
	}
	return end, size
}

// grouped reports whether a spread card number begins with the group of four digits at start.
func (g *Guard) grouped(text []byte, start int, before group) bool {
	var buffer [maxLen + 5]byte
	digits, end := digitsAt(text, start, buffer[:0])
	gap := gapAt(text, end)
	if len(gap) == 0 {
		return false
	}
	sizes := [5]int{4}
	for i := 1; i < len(sizes) && len(digits) <= maxLen && bytes.HasPrefix(text[end:], gap); i++ {
		had := len(digits)
		digits, end = digitsAt(text, end+len(gap), digits)
		if sizes[i] = len(digits) - had; sizes[i] == 0 {
			break
		}
	}
	switch {
	case sizes[1] == 4 && sizes[2] == 4 && sizes[3] == 4:
		amounts := sizes[4] == 4 || before.to == 4 && bytes.Equal(text[before.end:start], gap)
		return !amounts && (g.isForeign(digits[:16]) || sizes[4] == 3 && g.isForeign(digits[:maxLen]))
	case sizes[1] == 6 && (sizes[2] == 5 || sizes[2] == 4):
		return g.isForeign(digits[:10+sizes[2]])
	}
	return false
}

func (g *Guard) isForeign(number []byte) bool { return isCard(number) && !g.isLoyalty(number) }

// digitsAt appends the digits that stand together at from, but no more than fit: a longer group is too long anyway.
func digitsAt(text []byte, from int, digits []byte) (_ []byte, end int) {
	for end = from; end < len(text); {
		v, size, ok := digitAt(text[end:])
		if !ok {
			break
		}
		if len(digits) < cap(digits) {
			digits = append(digits, '0'+v)
		}
		end += size
	}
	return digits, end
}

// gapAt gives what stands between the group that ends at end and the next, or nothing if that is no gap, or one that
// the search for runs sees through: what it lets pass shall pass.
func gapAt(text []byte, end int) []byte {
	plain, n := true, 0
	for i := end; i < len(text) && i-end <= maxWideGap; n++ {
		c, size := other, 1
		if b := text[i]; b < utf8.RuneSelf {
			c = classes[b]
			if c == other && strings.IndexByte(wideGap, b) >= 0 {
				c, plain = separator, false
			}
		} else {
			c, size = classOf(text[i:])
		}
		switch {
		case c == other, c == digit && plain && n <= maxGap:
			return nil
		case c == digit:
			return text[end:i]
		}
		i += size
	}
	return nil
}
