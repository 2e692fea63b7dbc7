// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"os"
	"time"
)

// Due reports whether a backup is due, by the hour of the store's day: none was made since that hour last was.
func Due(now, last time.Time, at string, zone *time.Location) bool {
	hour, err := time.Parse("15:04", at)
	if err != nil {
		return false // empty: never
	}
	local := now.In(zone)
	slot := time.Date(local.Year(), local.Month(), local.Day(), hour.Hour(), hour.Minute(), 0, 0, zone)
	if slot.After(now) {
		slot = time.Date(local.Year(), local.Month(), local.Day()-1, hour.Hour(), hour.Minute(), 0, 0, zone)
	}
	return last.Before(slot) || last.After(now.Add(time.Hour)) // the clock was ahead when that one was made
}

// Owes says since when the first of some backups holds somebody, given what was noted before and when people were forgotten: from the
// first order on that came after the backup's directory was last changed, since a box that is off each night must not begin to
// count each morning. Where none did, as with a copy that was put there, it begins now. Zero: none does.
func Owes(noted, now time.Time, owing []Backup, orders []time.Time) time.Time {
	if len(owing) == 0 {
		return time.Time{}
	}
	if !noted.IsZero() {
		return noted
	}
	var waits time.Duration
	for _, each := range owing {
		info, err := os.Stat(each.Path)
		if err != nil {
			continue // it may be gone meanwhile
		}
		for _, at := range orders {
			if at.After(info.ModTime()) {
				waits = max(waits, now.Sub(at)) // of a clock that was ahead: less than none
			}
		}
	}
	return now.Add(-waits) // which goes on with what passes, whatever the clock on the wall is set to
}

const (
	retry = time.Hour      // from one try to the next
	apart = 20 * time.Hour // between two that were made, where the clock on the wall was set meanwhile
)

// MayTry reports whether the last try is long enough ago for another. tried is of this process, zero where there was none.
func MayTry(now, tried time.Time, failed bool) bool {
	return tried.IsZero() || mayTry(now.Sub(tried), now.Round(0).Sub(tried.Round(0)), failed)
}

// mayTry compares what has passed with what the clock on the wall says: only where that was set, its hour could come again and
// again, and each time cost the oldest backup.
func mayTry(passed, shown time.Duration, failed bool) bool {
	if !failed && (shown-passed).Abs() > retry/2 {
		return passed >= apart
	}
	return passed >= retry
}
