// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"time"

	"redbench/edge"
)

// mostAhead is how far ahead of ours a clock may be that is believed: boxes whose clocks are wrong by months are real. A
// stamp beyond it would win against everything that anybody tells until that time comes.
const mostAhead = 366 * 24 * time.Hour

// ahead reports whether a told stamp is from too far ahead to be believed. What follows upon a stamp of our own is not,
// wherever our clock stands: whoever has seen one makes later ones.
func (w *work) ahead(s edge.Stamp) (bool, error) {
	if err := w.readClock(); err != nil {
		return false, err
	}
	last := w.clock.Last().Wall + time.Second.Microseconds()
	if s.Wall <= max(w.now.Add(mostAhead).UnixMicro(), last) {
		return false, nil
	}
	if !w.saidAhead {
		w.opt.Log.Error("a store tells by a clock that is more than a year ahead; what it stamped so is left out", "store", w.store, "stamp", s)
		w.saidAhead = true
	}
	return true, nil
}

// hear makes head office's clock go on after the stamps of told fields, and leaves out those from too far ahead.
func (w *work) hear(told edge.Fields) (edge.Fields, error) {
	out := told
	for name, r := range told {
		ahead, err := w.ahead(r.At)
		if err != nil {
			return nil, err
		}
		if !ahead {
			continue
		}
		if len(out) == len(told) {
			out = told.Merge(nil) // a copy
		}
		delete(out, name)
	}
	return out, w.see(stampsOf(out)...)
}

// hearMoment is hear of one stamp; the zero one where it is from too far ahead.
func (w *work) hearMoment(told edge.Stamp) (edge.Stamp, error) {
	ahead, err := w.ahead(told)
	if ahead || err != nil {
		return edge.Stamp{}, err
	}
	return told, w.see(told)
}
