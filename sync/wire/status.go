// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"redbench/edge"
)

const (
	maxWord = 64  // bytes of a version or a run
	maxWhy  = 500 // bytes of why a playbook was refused
)

// errCount says that something was counted below nothing.
var errCount = errors.New("a count that cannot be")

// CheckStatus refuses a status that no box is in. People read its texts on a page.
func CheckStatus(s *BoxStatus) error {
	for _, n := range []int64{int64(s.Playbook), int64(s.Screens), int64(s.Lanes)} {
		if n < 0 {
			return errCount
		}
	}
	err := errors.Join(checkWord(s.Version), checkWord(s.Run), checkWord(s.Box), checkTime(s.LastPainted), checkTime(s.Clock),
		checkBacklog(&s.Backlog))
	if err != nil || s.PlaybookRefused == nil {
		return err
	}
	if s.PlaybookRefused.Version < 0 {
		return errCount
	}
	if why := s.PlaybookRefused.Why; len(why) > maxWhy || strings.ContainsFunc(why, unicode.IsControl) {
		return errText
	}
	return nil
}

func checkWord(word string) error {
	if len(word) > maxWord || strings.ContainsFunc(word, unicode.IsControl) {
		return errText
	}
	return nil
}

func checkBacklog(b *edge.Backlog) error {
	if b.Records < 0 || b.Bytes < 0 || b.Orders < 0 || b.Summarised < 0 {
		return errCount
	}
	return checkTime(b.Oldest)
}

// PlainWhy brings why a playbook was refused into the form that CheckStatus takes: one line, cut where it is too long. The
// refusal counts, whatever a file made of its text.
func PlainWhy(why string) string {
	why = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, why)
	if len(why) <= maxWhy {
		return why
	}
	cut := maxWhy
	for cut > 0 && !utf8.RuneStart(why[cut]) {
		cut--
	}
	return why[:cut]
}
