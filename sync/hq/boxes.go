// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"slices"
	"time"

	"redbench/sync/wire"
)

const (
	// aliveFor is how long a box counts as alive after its last status; it tells one each minute.
	aliveFor = 5 * time.Minute
	// mostBoxes is how many boxes of a store are remembered.
	mostBoxes = 8
)

// heard notes which box told a status, and forgets those that have not for long. The box that is copied with its disk has
// its copy's id, so that its run is a part of its name.
func heard(boxes []BoxRow, s wire.BoxStatus, now time.Time) []BoxRow {
	this := BoxRow{Box: s.Box, Run: s.Run, First: now, Last: now}
	var others []BoxRow
	for _, b := range boxes {
		switch {
		case b.Box == s.Box && b.Run == s.Run:
			this.First = b.First
		case now.Sub(b.Last) <= aliveFor:
			others = append(others, b)
		}
	}
	return append(others[max(0, len(others)-mostBoxes+1):], this)
}

// alive counts the boxes that speak beside each other. One that was started anew or took another id is not two: its former
// name was never heard of after the new one was.
func alive(boxes []BoxRow, now time.Time) int {
	boxes = slices.DeleteFunc(slices.Clone(boxes), func(b BoxRow) bool { return now.Sub(b.Last) > aliveFor })
	most := min(len(boxes), 1)
	for _, a := range boxes { // how many there were when the last of them was first heard of, and that were heard of since
		beside := 1
		for _, b := range boxes {
			if b.First.Before(a.First) && b.Last.After(a.First) {
				beside++
			}
		}
		most = max(most, beside)
	}
	return most
}
