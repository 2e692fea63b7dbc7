// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"slices"
	"time"
)

// LoadLevel is how busy a lane is: the busier, the fewer and the shorter the lines.
type LoadLevel int

// The levels.
const (
	LoadCalm LoadLevel = iota
	LoadBusy           // the shorter texts; at most two of remember, do and ask
	LoadRush           // besides, no question and one line: what to do, or else what to remember
)

var loadNames = []string{"calm", "busy", "rush"}

// String is the level as a condition has it.
func (l LoadLevel) String() string { return loadNames[min(max(l, LoadCalm), LoadRush)] }

// ParseLoad reads a level by its name; empty is calm.
func ParseLoad(name string) (LoadLevel, error) {
	if name == "" {
		return LoadCalm, nil
	}
	i := slices.Index(loadNames, name)
	if i < 0 {
		return LoadCalm, fmt.Errorf("load is calm, busy or rush; it is %q", name)
	}
	return LoadLevel(i), nil
}

// inLine is how soon after one checkout the next must begin to say that somebody was standing in line. It is a measure that
// a long basket does not blur, as checkouts a minute would be.
const inLine = 20 * time.Second

// InRow counts checkouts of a lane that followed upon each other: how many there were before this one, and how long after
// the last one's completion this one began.
func InRow(before int, wait time.Duration) int {
	if wait < 0 || wait > inLine {
		return 0
	}
	return before + 1
}

// LoadAfter is the load of a lane after so many checkouts in a row (see [InRow]).
func LoadAfter(inRow int) LoadLevel {
	switch {
	case inRow >= 6:
		return LoadRush
	case inRow >= 3:
		return LoadBusy
	}
	return LoadCalm
}
