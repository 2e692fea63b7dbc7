// SPDX-License-Identifier: Apache-2.0

package guard

import "unicode/utf8"

// unescapeJSON replaces \uXXXX, \/ and the short escapes, wherever they stand: it need not know where strings begin.
func unescapeJSON(text []byte) []byte {
	plain := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			plain = append(plain, text[i])
			continue
		}
		i++
		switch text[i] {
		case 'u':
			if r, ok := hexRune(text[i+1:]); ok {
				i += 4
				if low, ok := lowSurrogate(r, text[i+1:]); ok {
					r = low
					i += 6
				}
				plain = utf8.AppendRune(plain, r)
				continue
			}
			plain = append(plain, '\\', 'u')
		case 'n', 'r', 'b', 'f':
			plain = append(plain, '\n')
		case 't':
			plain = append(plain, '\t')
		default:
			plain = append(plain, text[i])
		}
	}
	return plain
}

func hexRune(text []byte) (r rune, ok bool) {
	if len(text) < 4 {
		return 0, false
	}
	for _, b := range text[:4] {
		v, ok := hexValue(b)
		if !ok {
			return 0, false
		}
		r = r<<4 | rune(v)
	}
	return r, true
}

// lowSurrogate joins a high surrogate with the escape that follows it.
func lowSurrogate(high rune, text []byte) (rune, bool) {
	if high < 0xd800 || high > 0xdbff || len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	low, ok := hexRune(text[2:])
	if !ok || low < 0xdc00 || low > 0xdfff {
		return 0, false
	}
	return (high-0xd800)<<10 + (low - 0xdc00) + 0x10000, true
}

// unescapePercent replaces %XX, and the + that a form writes for a space.
func unescapePercent(text []byte) []byte {
	plain := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			high, ok1 := hexValue(text[i+1])
			low, ok2 := hexValue(text[i+2])
			if ok1 && ok2 {
				plain = append(plain, high<<4|low)
				i += 2
				continue
			}
		}
		plain = append(plain, text[i])
	}
	return plain
}

func hexValue(b byte) (byte, bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10, true
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}
