// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"testing"
	"time"

	"redbench/edge"
)

// TestASteadyClockIsToldAgain: the store forgets a clock that nobody tells, and a till whose clock is right never changes.
func TestASteadyClockIsToldAgain(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	c := newClocks([]edge.SourceClock{{Source: "/till/1", Offset: time.Second}})
	told := 0
	for range 30 {
		for range 5 {
			now = now.Add(time.Minute)
			if _, changed := c.observe("/till/1", now.Add(-time.Second), now); changed != nil {
				told++
			}
		}
		now = now.Add(24 * time.Hour)
	}
	if told != 5 { // at the start, and once a week
		t.Errorf("told %d times in 30 days", told)
	}
}
