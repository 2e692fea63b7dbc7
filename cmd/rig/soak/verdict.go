// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"fmt"
	"slices"
)

// Finding is how one thing that was measured went on.
type Finding struct {
	What   string  `json:"what"`
	Unit   string  `json:"unit,omitempty"`
	Middle float64 `json:"middle"` // median of the middle third of days
	Last   float64 `json:"last"`   // of the last third
	Most   float64 `json:"most"`   // that the last third's may be
	Flat   bool    `json:"flat"`
}

// series is something that must stay as it is: by a part of itself, and so much more, it may grow from the middle third of the
// run to its last.
type series struct {
	what, unit string
	of         func(Day) float64
	part, more float64
}

const mega = 1 << 20

// all are the things that must stay. A leak of one handle or goroutine a day is ten of them from the middle of thirty days to
// their last third.
var all = []series{
	{"resident memory", "MiB", func(d Day) float64 { return d.RSS / mega }, .10, 3},
	{"heap after a collection", "MiB", func(d Day) float64 { return d.Heap / mega }, .10, 1},
	{"goroutines", "", func(d Day) float64 { return d.Goroutines }, .03, 3},
	{"handles", "", func(d Day) float64 { return d.Handles }, .03, 3},
	{"threads", "", func(d Day) float64 { return d.Threads }, .03, 3},
	{"database", "MiB", func(d Day) float64 { return d.Database / mega }, .10, 1},
	{"state directory but the journal", "MiB", func(d Day) float64 { return (d.State - d.Journal) / mega }, .10, 4},
	{"files", "", func(d Day) float64 { return d.Files }, 0, 2},
	{"temporary files", "", func(d Day) float64 { return d.Temp }, 0, 0},
}

// journalMB is from where on the box cuts its journal back. Below, its size tells only how much was written since it was last cut
// back, and no third of the run is like another in that.
const journalMB = 64

// leastDays is from where on thirds say anything: before its bounds are reached everything grows, and that is to be in the first.
const leastDays = 3 * visitsDays

// judge compares the last third of the days with the middle one; the first is for warming up, and for reaching the bounds.
func judge(days []Day) (found []Finding, problems []string) {
	if len(days) < leastDays {
		return nil, nil
	}
	third := len(days) / 3
	middle, last := days[len(days)-2*third:len(days)-third], days[len(days)-third:]
	for _, s := range all {
		f := Finding{What: s.what, Unit: s.unit, Middle: median(middle, s.of), Last: median(last, s.of)}
		f.Most = f.Middle*(1+s.part) + s.more
		f.Flat = f.Last <= f.Most
		if !f.Flat {
			problems = append(problems, fmt.Sprintf("%s grew from %.1f to %.1f %s, at most %.1f was to be", s.what, f.Middle, f.Last, s.unit, f.Most))
		}
		found = append(found, f)
	}
	return found, append(problems, bounded(append(slices.Clone(middle), last...))...)
}

// bounded holds the disk against what was computed before.
func bounded(days []Day) (problems []string) {
	for _, d := range days {
		if most := 1.25 * databaseMB * mega; d.Database > most {
			problems = append(problems, fmt.Sprintf("day %d: the database has %.1f MiB, at most %.1f were to be", d.Day, d.Database/mega, most/mega))
		}
		if most := 1.25 * journalMB * mega; d.Journal > most {
			problems = append(problems, fmt.Sprintf("day %d: the journal has %.1f MiB, at most %.1f were to be", d.Day, d.Journal/mega, most/mega))
		}
		if d.State > d.Bound {
			problems = append(problems, fmt.Sprintf("day %d: all files have %.1f MiB, and the box said at most %.1f", d.Day, d.State/mega, d.Bound/mega))
		}
		if d.Backups > keepBackup {
			problems = append(problems, fmt.Sprintf("day %d: %d backups lie there, %d are to be kept", d.Day, d.Backups, keepBackup))
		}
	}
	return problems
}

func median(days []Day, of func(Day) float64) float64 {
	values := make([]float64, len(days))
	for i, d := range days {
		values[i] = of(d)
	}
	slices.Sort(values)
	half := len(values) / 2
	if len(values)%2 == 1 {
		return values[half]
	}
	return (values[half-1] + values[half]) / 2
}
