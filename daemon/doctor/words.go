// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"strconv"
	"time"
)

// Bytes writes a size as a person reads it.
func Bytes(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
	case n < 10<<30:
		return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.0f GiB", float64(n)/(1<<30))
}

// Span writes a length of time in one unit: what somebody would say.
func Span(d time.Duration) string {
	switch d = d.Abs(); {
	case d < time.Minute:
		return Count(int(d.Round(time.Second)/time.Second), "second", "seconds")
	case d < 90*time.Minute:
		return Count(int(d/time.Minute), "minute", "minutes")
	case d < 48*time.Hour:
		return Count(int(d.Round(time.Hour)/time.Hour), "hour", "hours")
	}
	return Count(int(d.Round(24*time.Hour)/(24*time.Hour)), "day", "days")
}

// Count writes a number with its noun.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// took writes a duration that was measured.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

// ago writes when a moment was; "never" for a zero one.
func ago(now, then time.Time) string {
	if then.IsZero() {
		return "never"
	}
	return Span(now.Sub(then)) + " ago"
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }
