// SPDX-License-Identifier: Apache-2.0

// Package guard keeps out what must never come in: payment card numbers and the data of a card's magnetic track. It
// is pure, and quick enough for the hot path: it reads a payload twice, and looks closer only where twelve digits stand
// together, or groups of the sizes that cards have; never further than 256 bytes around a number.
//
// One random number in ten passes the Luhn check, so that no single test says "card". A number counts as one when its
// length, its issuer's range and Luhn agree, when it carries none of the chain's own loyalty prefixes, and when nothing
// around it says what else it is: a barcode in a product's field, a telephone number, a decimal fraction, a part of a
// UUID. A chain whose loyalty numbers lie in an issuer's range has to configure their prefixes.
package guard

import (
	"bytes"
	"html"
	"strings"
)

// What Find can find.
const (
	CardNumber = "card-number"
	TrackData  = "track-data"
)

// maxRounds is how many layers of escapes (JSON in a form in JSON) are looked through.
const maxRounds = 3

// Guard looks for payment card data. It is safe for concurrent use.
type Guard struct {
	loyalty []string // prefixes, digits only
}

// New makes a guard that lets numbers with these prefixes pass, whatever they look like. Anything but digits in a
// prefix is ignored, and so is a prefix without digits.
func New(loyaltyPrefixes []string) *Guard {
	g := &Guard{}
	for _, prefix := range loyaltyPrefixes {
		digits := strings.Map(func(r rune) rune {
			if d, ok := digitOf(r); ok {
				return rune('0' + d)
			}
			return -1
		}, prefix)
		if digits != "" {
			g.loyalty = append(g.loyalty, digits)
		}
	}
	return g
}

// Find reports whether text holds payment card data, and which: CardNumber or TrackData. It sees through separators
// between digits, every script's digits, and the escapes of JSON, forms and XML.
func (g *Guard) Find(text []byte) (what string, found bool) {
	what, found = g.look(text)
	for range maxRounds {
		if what == TrackData {
			break
		}
		if text = unescape(text); text == nil {
			break
		}
		if more, ok := g.look(text); ok { // a track in escapes shows its number first
			what, found = more, true
		}
	}
	return what, found
}

func (g *Guard) look(text []byte) (what string, found bool) {
	if what, found = g.scan(text); found {
		return what, true
	}
	if g.spread(text) {
		return CardNumber, true
	}
	return "", false
}

// unescape takes one layer of escapes off, or returns nil where there is none.
func unescape(text []byte) []byte {
	plain := text
	if bytes.IndexByte(plain, '\\') >= 0 {
		plain = unescapeJSON(plain)
	}
	if bytes.IndexByte(plain, '%') >= 0 {
		plain = unescapePercent(plain)
	}
	if bytes.IndexByte(plain, '&') >= 0 {
		plain = []byte(html.UnescapeString(string(plain)))
	}
	if bytes.Equal(plain, text) {
		return nil
	}
	return plain
}

// isLoyalty reports whether a number is one of the chain's own.
func (g *Guard) isLoyalty(digits []byte) bool {
	for _, prefix := range g.loyalty {
		if len(digits) >= len(prefix) && string(digits[:len(prefix)]) == prefix {
			return true
		}
	}
	return false
}
