// SPDX-License-Identifier: Apache-2.0

package doctor

import "time"

// Clock is what the machine says of the time, and what others do.
type Clock struct {
	Now    time.Time
	Last   time.Time     // what it said when the record was last written; zero: unknown
	Office time.Time     // head office's, at Now; zero: unknown
	Within time.Duration // how wrong Office may be: the call took so long, and it tells whole seconds

	SyncKnown bool
	Synced    bool

	Guessed bool   // [store] time_zone is Local
	Zone    string // the zone that days go by, for people
	Plain   bool   // the machine's zone is UTC or unknown, as it is where nobody set one
}

var (
	// made is before any clock that is right.
	made = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

const (
	backBound = 10 * time.Minute // the record notes what the clock says every quarter of an hour; a leap of NTP is smaller
	offBound  = time.Minute
)

// Judge tells what is wrong with the clock.
func (c Clock) Judge(f *Findings) {
	before := len(f.list)
	if c.Now.Before(made) {
		f.Add("clock-absurd", "now", c.Now.UTC().Format(time.RFC3339))
	}
	if back := c.Last.Sub(c.Now); !c.Last.IsZero() && back > backBound {
		f.Add("clock-back", "by", Span(back))
	}
	compared := ""
	if !c.Office.IsZero() {
		off := c.Now.Sub(c.Office)
		switch {
		case off.Abs() > offBound+c.Within && off > 0:
			f.Add("clock-off", "by", Span(off), "way", "ahead")
		case off.Abs() > offBound+c.Within:
			f.Add("clock-off", "by", Span(off), "way", "behind")
		default:
			compared = ", as head office's does"
		}
	}
	if c.SyncKnown && !c.Synced {
		f.Add("clock-unsynced")
	}
	if c.Guessed && c.Plain {
		f.Add("zone-guessed", "zone", c.Zone)
	}
	if len(f.list) == before {
		f.Add("clock-good", "now", c.Now.UTC().Format(time.RFC3339), "compared", compared, "zone", c.Zone)
	}
	if !c.SyncKnown {
		f.Add("clock-alone")
	}
}
