// SPDX-License-Identifier: Apache-2.0

package link

import (
	"fmt"
	"time"
)

// Hours is the part of each day in which records may travel, such as "22:00-06:00" by the store's clock. The zero Hours
// is the whole day.
type Hours struct {
	from, to int // minutes of the day; equal: always
	zone     *time.Location
}

// ParseHours reads "HH:MM-HH:MM" in the store's time zone; an end before the start is on the next day. Empty is always.
func ParseHours(text string, zone *time.Location) (Hours, error) {
	if text == "" {
		return Hours{}, nil
	}
	var from, to time.Time
	var err error
	if len(text) == len("22:00-06:00") && text[5] == '-' {
		if from, err = time.Parse("15:04", text[:5]); err == nil {
			to, err = time.Parse("15:04", text[6:])
		}
	}
	if err != nil || from.Equal(to) {
		return Hours{}, fmt.Errorf("%q is not a part of the day such as 22:00-06:00", text)
	}
	return Hours{from: minutes(from), to: minutes(to), zone: zone}, nil
}

func minutes(t time.Time) int { return t.Hour()*60 + t.Minute() }

// Always reports whether h is the whole day.
func (h Hours) Always() bool { return h.from == h.to }

// Open reports whether t is in the hours.
func (h Hours) Open(t time.Time) bool {
	if h.Always() {
		return true
	}
	m := minutes(t.In(h.zone))
	if h.from < h.to {
		return m >= h.from && m < h.to
	}
	return m >= h.from || m < h.to
}

// Next is when the hours open next: t itself where they are open. It looks at the clock on the wall minute by minute,
// since on two nights a year an hour of it is missing or comes twice.
func (h Hours) Next(t time.Time) time.Time {
	const days = 3 // an opening that falls into the missing hour is a day later
	for at := t; at.Before(t.AddDate(0, 0, days)); at = at.Truncate(time.Minute).Add(time.Minute) {
		if h.Open(at) {
			return at
		}
	}
	return t.AddDate(0, 0, days)
}
