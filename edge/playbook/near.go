// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"slices"
)

func known(name string, names []string) bool { return slices.Contains(names, name) }

// meant proposes the nearest known name, as the tail of an error: ", did you mean \"when\"?". It is empty when none is
// near.
func meant(name string, names []string) string {
	best, at := "", 3
	if len(name) <= 4 {
		at = 2
	}
	for _, each := range names {
		if d := distance(name, each); d <= at && (best == "" || d < distance(name, best)) {
			best = each
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// distance is the number of letters to change, add or drop to get from a to b (Levenshtein). Long names are cut, so
// that a hostile file costs nothing.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	x, y = x[:min(len(x), 64)], y[:min(len(y), 64)]
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range y {
			change := diagonal
			if r != s {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
