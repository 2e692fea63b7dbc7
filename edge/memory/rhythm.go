// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"time"

	"redbench/edge"
)

const (
	longTimes   = 3        // a long absence is this many of her own mean gaps,
	longAtLeast = 45 * day // never less than this,
	longUnknown = 90 * day // and this while she has no gap of her own yet.
)

// Gap is the mean time between the visits of a customer who made this many, the first and the last at these moments:
// 0 below three visits, which show no rhythm yet.
func Gap(first, last time.Time, visits int) time.Duration {
	if visits < 3 || first.IsZero() || !last.After(first) {
		return 0
	}
	return last.Sub(first) / time.Duration(visits-1)
}

// LongAway reports whether she comes back after an absence that is long by her own rhythm. One who made no visit yet was
// not away.
func LongAway(p edge.Profile, now time.Time) bool {
	return !p.Last.At.IsZero() && now.Sub(p.Last.At) > long(p.Gap)
}

func long(gap time.Duration) time.Duration {
	if gap <= 0 {
		return longUnknown
	}
	return max(longTimes*gap, longAtLeast)
}

// DaysSince is how many midnights lie between then and now, in now's zone: 0 today, 1 yesterday. It is -1 when then is
// zero, and 0 when it lies in the future, as a till's wrong clock may make it.
func DaysSince(then, now time.Time) int {
	if then.IsZero() {
		return -1
	}
	return max(0, civil(now)-civil(then.In(now.Location())))
}

// civil numbers a moment's calendar day, so that the two days a year with 23 or 25 hours count as one.
func civil(t time.Time) int {
	year, month, mday := t.Date()
	return int(time.Date(year, month, mday, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}
