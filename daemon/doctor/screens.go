// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"time"

	"redbench/daemon/control"
)

// Screens are the paired screens.
type Screens struct {
	List    []control.Screen
	Live    bool // the box runs, and knows who is connected
	Painted time.Time
	Heard   time.Time // the quarter of an hour in which a till was last heard
	Silent  bool      // no prompt is to be painted
	Now     time.Time
}

const (
	awayAfter      = 24 * time.Hour
	unpaintedAfter = 3 * 24 * time.Hour
	shiftEnds      = 30 * time.Minute // after the beginning of the last quarter of an hour in which a till was heard
)

// Judge tells whether prompts are seen.
func (s Screens) Judge(f *Findings) {
	paired, connected := 0, 0
	for _, each := range s.List {
		if each.Manager || each.Seen.IsZero() && !each.Connected {
			continue // nobody has used what was minted for it
		}
		paired++
		if each.Connected {
			connected++
		}
	}
	count := Count(paired, "screen is", "screens are")
	switch {
	case paired == 0:
		f.Add("screens-none")
		return
	case !s.Live:
		f.Add("screens-stopped", "count", count)
		return
	case connected == 0 && s.Now.Sub(s.Heard) < shiftEnds:
		f.Add("screens-dark", "count", count)
		return
	case connected == 0:
		f.Add("screens-asleep", "count", count, "when", ago(s.Now, s.Heard))
		return
	}
	before := len(f.list)
	s.away(f)
	if !s.Silent && !s.Painted.IsZero() && s.Now.Sub(s.Painted) > unpaintedAfter {
		f.Add("screens-unpainted", "span", Span(s.Now.Sub(s.Painted)), "count", Count(connected, "screen is", "screens are"))
	}
	if len(f.list) == before {
		f.Add("screens-good", "connected", connected, "count", Count(paired, "screen is", "screens are"), "when", ago(s.Now, s.Painted))
	}
}

func (s Screens) away(f *Findings) {
	for _, each := range s.List {
		if !each.Manager && !each.Connected && !each.Seen.IsZero() && s.Now.Sub(each.Seen) > awayAfter {
			f.Add("screen-away", "lane", each.Lane, "when", ago(s.Now, each.Seen))
		}
	}
}
