// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"redbench/edge"
	"redbench/edge/memory"
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

// factVar is what a condition sees of a fact.
func (c *chooser) factVar(f *edge.Fact) factVar {
	if f == nil {
		return factVar{}
	}
	v := factVar{Kind: string(f.Kind), AgeDays: max(0, memory.DaysSince(f.At, c.in.Now))}
	v.InDays, v.HasDate = inDays(f, c.in.Now)
	return v
}

// inDays is how far a fact's day is away. A day that was long past when it was told (a birthday) comes again each year.
func inDays(f *edge.Fact, now time.Time) (int, bool) {
	if f.Date == "" {
		return 0, false
	}
	day, err := time.Parse(time.DateOnly, f.Date)
	if err != nil {
		return 0, false
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	if f.At.Sub(day) < 300*24*time.Hour {
		return int(day.Sub(today).Hours() / 24), true
	}
	best := 366
	for year := now.Year() - 1; year <= now.Year()+1; year++ {
		n := int(time.Date(year, day.Month(), day.Day(), 0, 0, 0, 0, time.UTC).Sub(today).Hours() / 24)
		if abs(n) < abs(best) {
			best = n
		}
	}
	return best, true
}

func abs(n int) int { return max(n, -n) }
