// SPDX-License-Identifier: Apache-2.0

package guard

// examine decides whether a run holds card data.
func (g *Guard) examine(text []byte, start, end int) (what string, found bool) {
	var digits [64]byte
	var groups [24]group
	r := readRun(text, start, end, digits[:0], groups[:0])
	if g.track(text, r, end) {
		return TrackData, true
	}
	if isFraction(text, r, end) {
		return "", false
	}
	for _, each := range r.groups {
		if g.unbroken(text, r, each) {
			return CardNumber, true
		}
	}
	if len(r.groups) > 1 && g.broken(text, r) {
		return CardNumber, true
	}
	return "", false
}

// unbroken reports whether one group is a card number, as it stands or padded with zeros to a host's nineteen digits.
func (g *Guard) unbroken(text []byte, r run, at group) bool {
	number := r.digits[at.from:at.to]
	if len(number) < minLen {
		return false
	}
	if isCard(number) {
		return !g.isLoyalty(number) && !inHex(text, at) && !somethingElse(text, at, number)
	}
	if isGlued(number) {
		return !g.isLoyalty(number) && !inHex(text, at)
	}
	bare := number
	for len(bare) > 0 && bare[0] == '0' {
		bare = bare[1:]
	}
	return len(number) == maxLen && len(bare) < maxLen && len(bare) >= 15 && isCard(bare) &&
		!g.isLoyalty(number) && !g.isLoyalty(bare) && !inHex(text, at)
}

// isGlued reports whether digits are a card number with its expiry behind it, and perhaps the three digits of its service
// code or security code.
func isGlued(digits []byte) bool {
	size := 16
	switch len(digits) {
	case 20, 23:
	case 19, 22:
		if size = 15; digits[0] != '3' { // of fifteen digits are American Express' cards; others hardly
			return false
		}
	default:
		return false
	}
	return isCard(digits[:size]) && isNearExpiry(digits[size:size+4])
}

// isNearExpiry reads YYMM or MMYY, of a year in which a card of today may expire or may have expired.
func isNearExpiry(digits []byte) bool {
	a, b := number(digits[:2]), number(digits[2:])
	return isMonth(a) && isCardYear(b) || isMonth(b) && isCardYear(a)
}

func isMonth(n int) bool    { return n >= 1 && n <= 12 }
func isCardYear(n int) bool { return n >= 15 && n <= 45 }

// broken reports whether a number with separators in it is a card's: the whole run, or a part that is grouped as cards
// print it. Other parts are not tried: in a long row of numbers one of them would always fit.
func (g *Guard) broken(text []byte, r run) bool {
	if isPriceList(text, r) {
		return false
	}
	all := group{from: 0, to: len(r.digits), start: r.groups[0].start, end: r.groups[len(r.groups)-1].end}
	if all.len() >= 15 && g.isPart(text, r, all) {
		return true
	}
	for i := range r.groups {
		for j := i + 1; j < len(r.groups); j++ {
			part := group{from: r.groups[i].from, to: r.groups[j].to, start: r.groups[i].start, end: r.groups[j].end}
			if part.len() > maxLen {
				break
			}
			if part.len() >= minLen && asPrinted(r.groups[i:j+1]) && g.isPart(text, r, part) {
				return true
			}
		}
	}
	return false
}

func (g *Guard) isPart(text []byte, r run, part group) bool {
	number := r.digits[part.from:part.to]
	return isCard(number) && !g.isLoyalty(number) && !inUUID(text, part) &&
		(len(number) > 13 || !isPhone(around(text, part)))
}

// asPrinted reports whether groups are sized as on a card: fours with a shorter or longer last one, 4-6-5, 4-6-4, 6-13,
// 8-8, or all of one size.
func asPrinted(groups []group) bool {
	same, fours := true, true
	for i, each := range groups {
		same = same && each.len() == groups[0].len()
		fours = fours && (each.len() == 4 || i == len(groups)-1 && each.len() <= 7)
	}
	if same || fours {
		return true
	}
	first, second := groups[0].len(), groups[1].len()
	switch len(groups) {
	case 2:
		return first == 6 && second >= 6 || first == 4 && second >= 8 || second == 4 && first >= 8
	case 3:
		third := groups[2].len()
		return first == 4 && second == 6 && (third == 5 || third == 4)
	}
	return false
}

// isFraction reports whether a run is one decimal number with a long fraction, as floats print it: 0.30000000000000004.
// With an exponent it may be a card number that some program took for a float.
func isFraction(text []byte, r run, end int) bool {
	if len(r.groups) != 2 || r.groups[0].len() > 3 || !isDot(text, r.groups[0], r.groups[1]) {
		return false
	}
	return end >= len(text) || text[end]|0x20 != 'e' || end+1 < len(text) && text[end+1] == '-'
}

// isPriceList reports whether a run reads like prices in a row: "4.99 12.50 3.75".
func isPriceList(text []byte, r run) bool {
	dots := 0
	for i := 1; i < len(r.groups); i++ {
		if isDot(text, r.groups[i-1], r.groups[i]) {
			if dots++; r.groups[i].len() > 3 {
				return false
			}
		}
	}
	return dots >= 2 && dots < len(r.groups)-1
}

func isDot(text []byte, a, b group) bool { return b.start-a.end == 1 && text[a.end] == '.' }
