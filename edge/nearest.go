// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"math"
	"strings"
)

// maxName is where long names are cut: they are nobody's slip of the finger, and a hostile file must cost nothing.
const maxName = 64

// Nearest gives the known name that is closest to a mistyped one, and how many letters lie between them: letters to
// add, drop or change (V. Levenshtein, 1966), upper and lower case alike. Without known names it gives "".
func Nearest(name string, known []string) (best string, letters int) {
	letters = math.MaxInt
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < letters {
			best, letters = k, d
		}
	}
	return best, letters
}

func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	x, y = x[:min(len(x), maxName)], y[:min(len(y), maxName)]
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
