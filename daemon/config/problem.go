// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"sort"
	"strings"
)

// Error is everything that is wrong with a configuration, so that one look mends it all.
type Error struct {
	File     string
	Problems []Problem
}

// Problem is one thing that is wrong.
type Problem struct {
	Line int    // in the file; 0 when it is not about a line
	Key  string // "[section] key" or the environment's name; empty when it is about the file
	Text string
}

// Error gives a line for each problem, in the order of the file.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = e.line(p)
	}
	return strings.Join(lines, "\n")
}

func (e *Error) line(p Problem) string {
	text := p.Text
	if p.Key != "" {
		text = p.Key + ": " + text
	}
	switch {
	case p.Line > 0:
		return fmt.Sprintf("%s:%d: %s", e.File, p.Line, text)
	case strings.HasPrefix(p.Key, "[") && e.File != "":
		return e.File + ": " + text
	default:
		return text
	}
}

func (e *Error) add(line int, key, format string, args ...any) {
	e.Problems = append(e.Problems, Problem{Line: line, Key: key, Text: fmt.Sprintf(format, args...)})
}

// orNil sorts the problems by line, and gives nil when there are none.
func (e *Error) orNil() error {
	if len(e.Problems) == 0 {
		return nil
	}
	sort.SliceStable(e.Problems, func(i, j int) bool { return e.Problems[i].Line < e.Problems[j].Line })
	return e
}

// nearest gives "; did you mean …?" for the known name that is closest to name, or nothing when none is close.
func nearest(name string, known []string) string {
	best, distance := "", len(name)/2+1
	for _, k := range known {
		if d := editDistance(strings.ToLower(name), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}

// editDistance counts the letters to add, drop or change to make b of a.
func editDistance(a, b string) int {
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
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
