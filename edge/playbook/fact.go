// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"redbench/edge"
)

// factText is a told fact as one short line, without the full stop that a person may have put.
func factText(f *edge.Fact) string {
	text := tidy(f.Text)
	if !strings.HasSuffix(text, "..") {
		text = strings.TrimSuffix(text, ".")
	}
	return cut(text, maxFact)
}

// first makes the first letter a capital, where the script has any.
func first(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	if n == 0 || unicode.IsUpper(r) {
		return text
	}
	return string(unicode.ToUpper(r)) + text[n:]
}

func itoa(n int) string { return strconv.Itoa(n) }
