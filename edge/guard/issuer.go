// SPDX-License-Identifier: Apache-2.0

package guard

// Card numbers are 12 to 19 digits long.
const (
	minLen = 12
	maxLen = 19
)

// span is a range of issuer numbers, written with as many digits as low has, and the lengths that it issues.
type span struct {
	low, high int
	digits    int // of low and high
	lengths   lengths
}

// lengths is a set of number lengths: bit n stands for n digits.
type lengths uint32

func of(ns ...int) (l lengths) {
	for _, n := range ns {
		l |= 1 << n
	}
	return l
}

func upTo(low, high int) (l lengths) {
	for n := low; n <= high; n++ {
		l |= 1 << n
	}
	return l
}

// issuerSpans gives the ranges by first digit, since most numbers fail there already.
//
// Maestro may issue 12 to 19 digits all over 50, 56-58 and 67. Below 15 digits those ranges are full of EAN-13 (50 is
// Britain), telephone numbers (57 is Colombia) and the like, so that there only what it really issued counts.
func issuerSpans(first byte) []span {
	switch first {
	case '2':
		return []span{{222100, 272099, 6, of(16)}} // Mastercard
	case '3':
		return []span{
			{34, 34, 2, of(15)}, {37, 37, 2, of(15)}, // American Express
			{3528, 3589, 4, upTo(16, 19)},                                                // JCB
			{36, 36, 2, upTo(14, 19)},                                                    // Diners
			{300, 305, 3, of(14, 16, 17, 18, 19)},                                        // Diners
			{3095, 3095, 4, of(14, 16, 17, 18, 19)}, {38, 39, 2, of(14, 16, 17, 18, 19)}, // Diners
		}
	case '4':
		return []span{{4, 4, 1, of(13, 16, 19)}} // Visa
	case '5':
		return []span{
			{51, 55, 2, of(16)},                                                                         // Mastercard
			{5018, 5018, 4, upTo(12, 19)}, {5020, 5020, 4, upTo(12, 19)}, {5038, 5038, 4, upTo(12, 19)}, // Maestro
			{5612, 5612, 4, upTo(12, 19)}, {5893, 5893, 4, upTo(12, 19)},
			{50, 50, 2, upTo(15, 19)}, {56, 58, 2, upTo(15, 19)},
		}
	case '6':
		return []span{
			{6011, 6011, 4, upTo(16, 19)}, {644, 649, 3, upTo(16, 19)}, {65, 65, 2, upTo(16, 19)}, // Discover
			{62, 62, 2, upTo(16, 19)},                                // UnionPay, some shared with Discover
			{6304, 6304, 4, upTo(12, 19)}, {67, 67, 2, upTo(12, 19)}, // Maestro
			{639, 639, 3, upTo(15, 19)},
		}
	case '8':
		return []span{{8100, 8171, 4, upTo(16, 19)}} // UnionPay
	}
	return nil
}

// isCard reports whether digits (ASCII) have an issuer's range and length, and pass Luhn.
func isCard(digits []byte) bool {
	if len(digits) < minLen || len(digits) > maxLen || !luhn(digits) {
		return false
	}
	for _, s := range issuerSpans(digits[0]) {
		if s.lengths&(1<<len(digits)) == 0 {
			continue
		}
		if n := number(digits[:s.digits]); n >= s.low && n <= s.high {
			return true
		}
	}
	return false
}

// luhn reports whether the last digit is the check digit of ISO/IEC 7812.
func luhn(digits []byte) bool {
	sum := 0
	double := false
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}

// gtin reports whether the last digit is the check digit of a GS1 barcode number (EAN-13, UPC-A).
func gtin(digits []byte) bool {
	sum, weight := 0, 1
	for i := len(digits) - 1; i >= 0; i-- {
		sum += int(digits[i]-'0') * weight
		weight = 4 - weight
	}
	return sum%10 == 0
}

func number(digits []byte) (n int) {
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}
