// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"redbench/edge"
)

// Normal gives the form of an identifier's value that is hashed. Spellings of the same thing must meet: a phone number is
// its digits in any script, an e-mail address is lower case, and everything is NFC without blanks around it.
func Normal(id edge.Identifier) string {
	value := strings.TrimSpace(norm.NFC.String(id.Value))
	switch id.Kind {
	case edge.KindPhone:
		return phone(value)
	case edge.KindEmail:
		return strings.ToLower(value)
	}
	return value
}

// phone keeps the digits, and writes the international prefix one way: +49, 0049 and 49 would be three people otherwise.
// A national number without prefix stays as it is; which country it belongs to is not for a box to guess.
func phone(value string) string {
	digits := strings.Map(func(r rune) rune {
		if d, ok := digit(r); ok {
			return '0' + d
		}
		return -1
	}, value)
	return strings.TrimPrefix(digits, "00")
}

// digit gives the value of a decimal digit of any script. Every such script's digits stand in a block of ten that
// begins at a zero, so the value is the distance to the nearest lower rune that is no digit.
func digit(r rune) (rune, bool) {
	if r >= '0' && r <= '9' {
		return r - '0', true
	}
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	for _, block := range unicode.Nd.R16 {
		if uint16(r) >= block.Lo && r <= rune(block.Hi) && r <= 0xffff {
			return (r - rune(block.Lo)) % 10, true
		}
	}
	for _, block := range unicode.Nd.R32 {
		if uint32(r) >= block.Lo && uint32(r) <= block.Hi {
			return (r - rune(block.Lo)) % 10, true
		}
	}
	return 0, false
}
