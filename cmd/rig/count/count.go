// SPDX-License-Identifier: Apache-2.0

// Package count holds what arrived against what was told, one by one.
package count

import (
	"fmt"
	"slices"
)

// Counted is what became of what was told.
type Counted struct {
	Told     int `json:"told"`
	Arrived  int `json:"arrived"`
	Lost     int `json:"lost"`
	Doubled  int `json:"doubled"`
	Disorder int `json:"out_of_order"` // came after one that was told later
	Strange  int `json:"strange"`      // nobody told it
}

// Clean reports whether all arrived once and in order, and nothing else.
func (c Counted) Clean() bool { return c.Lost+c.Doubled+c.Disorder+c.Strange == 0 }

// String tells it in words.
func (c Counted) String() string {
	return fmt.Sprintf("%d told, %d arrived: %d lost, %d doubled, %d out of order, %d that nobody told",
		c.Told, c.Arrived, c.Lost, c.Doubled, c.Disorder, c.Strange)
}

// And adds up two counts.
func (c Counted) And(o Counted) Counted {
	return Counted{c.Told + o.Told, c.Arrived + o.Arrived, c.Lost + o.Lost, c.Doubled + o.Doubled, c.Disorder + o.Disorder, c.Strange + o.Strange}
}

// Once compares what arrived, in its order, with what was told, in its order and each once.
func Once(told, arrived []string) Counted {
	place := make(map[string]int, len(told))
	for i, id := range told {
		place[id] = i
	}
	c := Counted{Told: len(told), Arrived: len(arrived)}
	came := make([]bool, len(told))
	last := -1
	for _, id := range arrived {
		i, is := place[id]
		switch {
		case !is:
			c.Strange++
			continue
		case came[i]:
			c.Doubled++
			continue
		case i < last:
			c.Disorder++
		}
		came[i] = true
		last = max(last, i)
	}
	for _, is := range came {
		if !is {
			c.Lost++
		}
	}
	return c
}

// Control loses one of what arrived, doubles another and swaps two neighbours, and fails when Once does not find exactly
// that. Without it a count of nothing wrong would say nothing.
func Control(told, arrived []string) error {
	if len(arrived) < 8 {
		return fmt.Errorf("the count's control needs more than %d", len(arrived))
	}
	spoilt := slices.Clone(arrived)
	middle := len(spoilt) / 2
	spoilt[middle], spoilt[middle+1] = spoilt[middle+1], spoilt[middle]
	spoilt = append(spoilt, spoilt[len(spoilt)-1])
	spoilt = slices.Delete(spoilt, 1, 2)
	before, after := Once(told, arrived), Once(told, spoilt)
	want := before
	want.Lost, want.Doubled, want.Disorder = before.Lost+1, before.Doubled+1, before.Disorder+1
	if after != want {
		return fmt.Errorf("the count does not find what is wrong: with one lost, one doubled and two swapped it says %v, before %v", after, before)
	}
	return nil
}
