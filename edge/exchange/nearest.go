// SPDX-License-Identifier: Apache-2.0

package exchange

import "math"

// nearest gives the known name that takes the fewest changes of one character to become.
func nearest(name string, known []string) string {
	best, least := "", math.MaxInt
	for _, k := range known {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is Levenshtein's, over bytes: a header's names are ASCII. Very long names are cut, since they are nobody's
// slip of the finger.
func distance(a, b string) int {
	a = a[:min(len(a), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
