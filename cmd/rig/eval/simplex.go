// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"cmp"
	"slices"
)

// simplex finds where a function is least, by Nelder and Mead's method (The Computer Journal 7, 1965, 308-313): of the
// corners of a simplex the worst moves through the middle of the others, again and again.
type simplex struct {
	f       func([]float64) float64
	corners []corner // the best first
}

type corner struct {
	at    []float64
	value float64
}

func nelderMead(f func([]float64) float64, start []float64) []float64 {
	s := simplex{f: f, corners: []corner{{start, f(start)}}}
	for i := range start {
		at := slices.Clone(start)
		at[i] += .5
		s.corners = append(s.corners, corner{at, f(at)})
	}
	for s.sort(); s.corners[len(start)].value-s.corners[0].value > 1e-9; s.sort() {
		s.step()
	}
	return s.corners[0].at
}

func (s *simplex) sort() {
	slices.SortFunc(s.corners, func(a, b corner) int { return cmp.Compare(a.value, b.value) })
}

func (s *simplex) step() {
	last := len(s.corners) - 1
	worst := s.corners[last]
	next := s.beyond(1)
	switch {
	case next.value < s.corners[0].value:
		if far := s.beyond(2); far.value < next.value {
			next = far
		}
	case next.value >= worst.value:
		next = s.beyond(-.5)
	case next.value >= s.corners[last-1].value:
		next = s.beyond(.5)
	}
	if next.value < worst.value {
		s.corners[last] = next
		return
	}
	s.shrink()
}

// beyond is the point that lies so far beyond the middle of the other corners, seen from the worst.
func (s *simplex) beyond(by float64) corner {
	last := len(s.corners) - 1
	at := make([]float64, last)
	for i := range at {
		for _, c := range s.corners[:last] {
			at[i] += c.at[i] / float64(last)
		}
		at[i] += by * (at[i] - s.corners[last].at[i])
	}
	return corner{at, s.f(at)}
}

// shrink moves all corners towards the best.
func (s *simplex) shrink() {
	best := s.corners[0].at
	for k := range s.corners[1:] {
		c := &s.corners[k+1]
		for i := range c.at {
			c.at[i] = (c.at[i] + best[i]) / 2
		}
		c.value = s.f(c.at)
	}
}
