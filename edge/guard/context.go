// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"bytes"
	"strings"
)

// lookAround is how many bytes before and after a number may say what it is. Without a limit a message full of numbers
// would be read once for each of them.
const lookAround = 256

// around gives what stands around a number, and where that is within it.
func around(text []byte, at group) (near []byte, in group) {
	from := max(0, at.start-lookAround)
	at.start, at.end = at.start-from, at.end-from
	return text[from:min(len(text), from+at.end+lookAround)], at
}

// somethingElse reports whether what stands around a 12- or 13-digit number says that it is no card. Cards of that
// length were hardly ever issued and are gone; barcodes and telephone numbers of that length are everywhere.
func somethingElse(text []byte, at group, number []byte) bool {
	if len(number) > 13 {
		return false
	}
	text, at = around(text, at)
	if isPhone(text, at) {
		return true
	}
	if !gtin(number) {
		return false
	}
	field := fieldOf(text, at.start)
	return isBareScan(text, at) || hasAny(field, "sku", "ean", "gtin", "upc", "barcode", "plu", "article", "itemid",
		"itemcode", "product", "identifier", "loyalty", "member", "customer")
}

// isPhone reports whether a number is written or labelled as a telephone number: +49 151…, 0049…, "kind":"phone".
func isPhone(text []byte, at group) bool {
	if at.start > 0 && text[at.start-1] == '+' {
		return true
	}
	field := fieldOf(text, at.start)
	if hasAny(field, "phone", "mobile", "msisdn", "tel") {
		return true
	}
	return field == "identifier" && bytes.Contains(text, []byte(`"phone"`))
}

// isBareScan reports whether the number is all that there is.
func isBareScan(text []byte, at group) bool {
	return len(bytes.TrimSpace(text)) == at.end-at.start
}

// inHex reports whether a number is a part of a UUID, or of a hexadecimal string of a length that ids and digests have:
// trace id, SHA-1, SHA-224, SHA-256. In shorter ones a card's number hardly stands by chance.
func inHex(text []byte, at group) bool {
	if inUUID(text, at) {
		return true
	}
	text, at = around(text, at)
	start, end, letters := at.start, at.end, 0
	for ; start > 0 && isHex(text[start-1]); start-- {
		if text[start-1] > '9' {
			letters++
		}
	}
	for ; end < len(text) && isHex(text[end]); end++ {
		if text[end] > '9' {
			letters++
		}
	}
	switch end - start {
	case 32, 40, 56, 64:
		return letters >= 3 // track 2 has one letter, two with its padding
	}
	return false
}

// inUUID reports whether a number is a part of a UUID.
func inUUID(text []byte, at group) bool {
	text, at = around(text, at)
	start, end := at.start, at.end
	for ; start > 0 && (isHex(text[start-1]) || text[start-1] == '-'); start-- {
	}
	for ; end < len(text) && (isHex(text[end]) || text[end] == '-'); end++ {
	}
	if end-start != 36 {
		return false
	}
	for i, b := range text[start:end] {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (b == '-') {
			return false
		}
	}
	return true
}

func isHex(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F'
}

// fieldOf gives the name of the field whose value starts at start, in lower case and without punctuation: a JSON key, a
// form's key, an XML attribute or element. Empty where there is none.
func fieldOf(text []byte, start int) string {
	i := back(text, start, " \t\r\n\"'\\")
	if i == 0 {
		return ""
	}
	switch text[i-1] {
	case ':', '=':
		end := back(text, i-1, " \t\r\n\"'\\")
		from := end
		for from > 0 && isName(text[from-1]) {
			from--
		}
		return plainName(text[from:end])
	case '>':
		open := bytes.LastIndexByte(text[:i-1], '<')
		if open < 0 {
			return ""
		}
		tag := text[open+1 : i-1]
		if space := bytes.IndexAny(tag, " \t\r\n/"); space >= 0 {
			tag = tag[:space]
		}
		return plainName(tag)
	}
	return ""
}

// back steps over any of these bytes.
func back(text []byte, i int, over string) int {
	for i > 0 && strings.IndexByte(over, text[i-1]) >= 0 {
		i--
	}
	return i
}

func isName(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '-' || b == '.' || b >= 0x80
}

func plainName(name []byte) string {
	plain := make([]byte, 0, len(name))
	for _, b := range bytes.ToLower(name) {
		if b != '_' && b != '-' && b != '.' {
			plain = append(plain, b)
		}
	}
	return string(plain)
}

func hasAny(name string, words ...string) bool {
	for _, word := range words {
		if name != "" && strings.Contains(name, word) {
			return true
		}
	}
	return false
}
