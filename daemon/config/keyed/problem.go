// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"fmt"
	"sort"
	"strings"

	"redbench/edge"
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

// Add adds a problem.
func (e *Error) Add(line int, key, format string, args ...any) {
	e.Problems = append(e.Problems, Problem{Line: line, Key: key, Text: fmt.Sprintf(format, args...)})
}

// OrNil sorts the problems by line, and gives nil when there are none.
func (e *Error) OrNil() error {
	if len(e.Problems) == 0 {
		return nil
	}
	sort.SliceStable(e.Problems, func(i, j int) bool { return e.Problems[i].Line < e.Problems[j].Line })
	return e
}

// Nearest gives "; did you mean …?" for the known name that is closest to name, or nothing when none is close.
func Nearest(name string, known []string) string {
	best, letters := edge.Nearest(name, known)
	if letters > len(name)/2 {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}
