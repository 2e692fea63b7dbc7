// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"redbench/edge"
)

// scope is where and when a rule may speak, however well its condition holds.
type scope struct {
	lanes    []string // "3", or "cafe-*"
	hours    []hours
	weekdays []string
	once     once
}

// once is how seldom a rule speaks.
type once string

const (
	onceVisit once = "visit" // not again when the card comes back within the visit
	onceDay   once = "day"   // at one visit a day
	onceEver  once = "ever"  // at one visit in all
)

var onces = []string{string(onceVisit), string(onceDay), string(onceEver)}

// hours is a part of the day, in minutes; one that ends before it begins goes over midnight.
type hours struct{ from, to int }

func (h hours) has(minute int) bool {
	if h.from <= h.to {
		return minute >= h.from && minute < h.to
	}
	return minute >= h.from || minute < h.to
}

// parseHours reads "7-11" or "07:30-11:00".
func parseHours(text string) (hours, error) {
	from, to, found := strings.Cut(text, "-")
	a, errFrom := parseMinute(from)
	b, errTo := parseMinute(to)
	if !found || errFrom != nil || errTo != nil || a == b {
		return hours{}, fmt.Errorf("hours are as in \"7-11\" or \"07:30-11:00\"; this is %q", text)
	}
	return hours{a, b}, nil
}

func parseMinute(text string) (int, error) {
	hour, minute, precise := strings.Cut(strings.TrimSpace(text), ":")
	h, err := strconv.Atoi(hour)
	if err != nil {
		return 0, err
	}
	m := 0
	if precise {
		if m, err = strconv.Atoi(minute); err != nil {
			return 0, err
		}
	}
	if h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		return 0, fmt.Errorf("no such time of day: %q", text)
	}
	return h*60 + m, nil
}

// away is why a scope keeps its rule silent at a place and time; empty when it does not.
func (s *scope) away(lane string, now time.Time, weekday string) string {
	if len(s.weekdays) > 0 && !slices.Contains(s.weekdays, weekday) {
		return "not on this day of the week"
	}
	if len(s.hours) > 0 && !slices.ContainsFunc(s.hours, func(h hours) bool { return h.has(now.Hour()*60 + now.Minute()) }) {
		return "not at this time of day"
	}
	if len(s.lanes) > 0 && !slices.ContainsFunc(s.lanes, func(each string) bool { return matches(each, lane) }) {
		return "not on this lane"
	}
	return ""
}

// matches compares a lane with one of a rule's; a star at the end stands for any rest.
func matches(pattern, lane string) bool {
	if begin, open := strings.CutSuffix(pattern, "*"); open {
		return strings.HasPrefix(lane, begin)
	}
	return pattern == lane
}

// spent reports whether a rule said what it may say so seldom: for this fact where it has one.
func (c *chooser) spent(r *rule, f *edge.Fact) bool {
	if r.scope.once == "" {
		return false
	}
	now, before := false, false // in this visit; at one that counts
	for _, each := range c.in.Profile.Said {
		if edge.RuleName(each.Rule) != r.name || f != nil && each.Fact != f.ID {
			continue
		}
		if c.thisVisit(each.At) {
			now = true
		} else if r.scope.once == onceEver || sameDay(each.At, c.in.Now) {
			before = true
		}
	}
	switch r.scope.once {
	case onceVisit:
		return now
	case onceEver:
		// What was said is remembered for a few visits only; that the rule was shown, for good.
		shown := tally(c.in.Profile.Tallies, r.name).Shown > 0 && (f == nil || !c.shown(f).IsZero())
		return before || shown && !now
	}
	return before
}

func sameDay(a, b time.Time) bool {
	y, m, d := a.In(b.Location()).Date()
	year, month, day := b.Date()
	return y == year && m == month && d == day
}

// scope reads where and when a rule may speak.
func (l *loader) scope(path, what string, doc ruleDoc, r *rule) {
	r.scope = scope{lanes: doc.Lanes, once: once(doc.Once)}
	if doc.Once != "" && !known(doc.Once, onces) {
		l.wrong(path+".once", "%s: once is \"visit\", \"day\" or \"ever\", not %q%s", what, doc.Once, meant(doc.Once, onces))
	}
	if r.line == lineFarewell && (doc.Once != "" || doc.Cooldown != 0) {
		l.wrong(path+".line", "%s: a farewell has neither once nor cooldown_days: what was said last is not written down", what)
	}
	for _, each := range doc.Lanes {
		if !lanePattern.MatchString(each) {
			l.wrong(path+".lanes", "%s: a lane is letters, digits, - and _, with a * at the end at most; this is %q", what, each)
		}
	}
	for _, each := range doc.Hours {
		h, err := parseHours(each)
		if err != nil {
			l.wrong(path+".hours", "%s: %v", what, err)
		}
		r.scope.hours = append(r.scope.hours, h)
	}
	for _, each := range doc.Weekdays {
		day := strings.ToLower(each)
		if !known(day, closed["weekday"]) {
			l.wrong(path+".weekdays", "%s: unknown weekday %q%s", what, each, meant(day, closed["weekday"]))
		}
		r.scope.weekdays = append(r.scope.weekdays, day)
	}
}

var lanePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{0,32}\*?$`)
