// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"redbench/sync/hq"
	"redbench/sync/wire"
)

// finding is one thing that is wrong with a store, and how much it weighs.
type finding struct {
	weight int
	text   string
}

// judge says what is wrong with a store that is enrolled. Of a store that is silent, what its box last said is old, and
// only that it is silent is told, and what it owes.
func (j Judge) judge(row *Row, s hq.StoreView, p hq.PlaybookStore, silent bool) {
	var found []finding
	note := func(weight int, format string, args ...any) {
		found = append(found, finding{weight, fmt.Sprintf(format, args...)})
	}
	quiet := j.Now.Sub(later(s.Seen, s.Enrolled))
	switch {
	case quiet > j.LateAfter && s.Seen.IsZero():
		note(100, "enrolled %s, and not heard from since", j.Ago(s.Enrolled))
	case quiet > j.LateAfter:
		note(100, "not heard from for %s", Span(quiet))
	case s.Status != nil:
		j.status(note, *s.Status, s.ClockOff, silent)
	}
	if s.Boxes > 1 && quiet <= j.LateAfter {
		note(95, "%d boxes speak under its name, and each is told a part only: stop the copy, or enroll it as a store of its own", s.Boxes)
	}
	if s.OrdersHeld {
		note(110, "orders too many customers to be forgotten today, and the rest waits in its box: was it taken over?")
	}
	if s.OwedErasures > 0 && j.Now.Sub(s.OwedSince) > j.OwedAfter {
		note(80, "has not confirmed %s for %s", counted(s.OwedErasures, "erasure", "erasures"), Span(j.Now.Sub(s.OwedSince)))
	}
	if p.Refused != nil {
		note(60, "refused playbook %d: %s", p.Refused.Version, short(p.Refused.Why, 120))
	}
	if len(found) == 0 {
		return
	}
	slices.SortStableFunc(found, func(a, b finding) int { return cmp.Compare(b.weight, a.weight) })
	row.State, row.weight = Trouble, found[0].weight
	for _, f := range found {
		row.Why = append(row.Why, f.text)
	}
}

// status says what is wrong by the box's own word.
func (j Judge) status(note func(int, string, ...any), st wire.BoxStatus, clockOff time.Duration, silent bool) {
	b := st.Backlog
	if st.Locked {
		note(90, "its profiles are locked: every customer is greeted as a stranger")
	}
	if !b.Oldest.IsZero() && j.Now.Sub(b.Oldest) > staleAfter {
		note(50, "nothing was sent for %s, though it is there: %s", Span(j.Now.Sub(b.Oldest)), counted(b.Records, "record waits", "records wait"))
	}
	if b.Summarised > 0 {
		note(40, "its outbox was full: %s told as a sum", counted(b.Summarised, "record was", "records were"))
	}
	if off := clockOff.Abs(); off > clockBound {
		way := "ahead"
		if clockOff < 0 {
			way = "behind"
		}
		note(30, "its clock is %s %s", Span(off), way)
	}
	if !silent && !st.LastPainted.IsZero() && j.Now.Sub(st.LastPainted) > unpaintedAfter {
		note(20, "no prompt was painted for %s", Span(j.Now.Sub(st.LastPainted)))
	}
}

// playbook is which one a store has, and which is on its way.
func playbook(s hq.StoreView) string {
	if s.Status == nil {
		return ""
	}
	now := "its own"
	if s.Status.Playbook > 0 {
		now = fmt.Sprint(s.Status.Playbook)
	}
	if s.PlaybookGiven > 0 && s.PlaybookGiven != s.Status.Playbook {
		return fmt.Sprintf("%s, %d on its way", now, s.PlaybookGiven)
	}
	return now
}

// Ago writes how long ago a moment was; a dash for a zero one.
func (j Judge) Ago(t time.Time) string {
	switch {
	case t.IsZero():
		return "–"
	case j.Now.Sub(t) < time.Minute:
		return "just now"
	}
	return Span(j.Now.Sub(t)) + " ago"
}

// Span writes a length of time in one unit: what somebody would say.
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 90*time.Minute:
		return counted(int(d/time.Minute), "minute", "minutes")
	case d < 48*time.Hour:
		return counted(int(d.Round(time.Hour)/time.Hour), "hour", "hours")
	}
	return counted(int(d.Round(24*time.Hour)/(24*time.Hour)), "day", "days")
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// counted writes a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped writes 1234567 as 1,234,567.
func grouped(n int) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// short cuts what a box said to a width in letters.
func short(text string, width int) string {
	letters := []rune(text)
	if len(letters) <= width {
		return text
	}
	return string(letters[:width-1]) + "…"
}
