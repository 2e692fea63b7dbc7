// SPDX-License-Identifier: Apache-2.0

package backup

import "time"

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
