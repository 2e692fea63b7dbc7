// SPDX-License-Identifier: Apache-2.0

package guard

import "bytes"

// track reports whether a run is the number of a magnetic track: ISO/IEC 7813's track 1 (%B number ^ name ^ expiry …) or
// track 2 (; number = expiry service …). With its sentinel a track is one whatever the number; without, the number has to
// be a card's.
func (g *Guard) track(text []byte, r run, end int) bool {
	if end >= len(text) {
		return false
	}
	at := r.groups[len(r.groups)-1]
	if at.len() < minLen {
		at = group{from: 0, to: len(r.digits), start: r.groups[0].start, end: end}
	}
	number := r.digits[at.from:at.to]
	if len(number) < minLen || len(number) > maxLen || g.isLoyalty(number) {
		return false
	}
	rest := text[end+1:]
	switch text[end] {
	case '^':
		return isTrack1(rest) && (sentinel(text, at.start, 'b') || isCard(number))
	case '=', 'D', 'd':
		return isTrack2(rest) && (sentinel(text, at.start, ';') || isCard(number))
	}
	return false
}

func sentinel(text []byte, start int, want byte) bool {
	return start > 0 && text[start-1]|0x20 == want|0x20
}

// isTrack1 reads what follows the first ^: a name of 2 to 26 characters, ^, and an expiry.
func isTrack1(rest []byte) bool {
	name := bytes.IndexByte(rest[:min(len(rest), 27)], '^')
	return name >= 2 && isExpiry(rest[name+1:])
}

// isTrack2 reads what follows the =: an expiry and a service code.
func isTrack2(rest []byte) bool {
	return isExpiry(rest) && len(rest) >= 7 && allDigits(rest[4:7])
}

// isExpiry reads YYMM.
func isExpiry(text []byte) bool {
	if len(text) < 4 || !allDigits(text[:4]) {
		return false
	}
	month := number(text[2:4])
	return month >= 1 && month <= 12
}

func allDigits(text []byte) bool {
	for _, b := range text {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}
