// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Step is one thing that was done to the machine, and what came of it.
type Step struct {
	Name    string             `json:"name"`
	Took    float64            `json:"took_s"`
	Says    string             `json:"says,omitempty"`
	Figures map[string]float64 `json:"figures,omitempty"` // by name and unit
	Problem string             `json:"problem,omitempty"`
}

// Report is a whole run.
type Report struct {
	Debian  string `json:"debian"`
	Systemd string `json:"systemd"`
	Package string `json:"package"` // version that was installed at first
	Steps   []Step `json:"steps"`
}

// figure keeps a number with the step.
func (s *Step) figure(name string, value float64) {
	if s.Figures == nil {
		s.Figures = map[string]float64{}
	}
	s.Figures[name] = value
}

// say adds words to what the step says.
func (s *Step) say(format string, args ...any) {
	if s.Says != "" {
		s.Says += "; "
	}
	s.Says += fmt.Sprintf(format, args...)
}

// seconds keeps a time with the step, and gives it.
func (s *Step) seconds(name string, d time.Duration) float64 {
	s.figure(name+"_s", d.Seconds())
	return d.Seconds()
}

// print tells a step to a person.
func (s Step) print(out io.Writer) {
	fmt.Fprintf(out, "%-16s %5.1f s  %s\n", s.Name, s.Took, s.Says)
	if s.Problem != "" {
		fmt.Fprintf(out, "%-16s          PROBLEM: %s\n", "", s.Problem)
	}
}

func (r Report) print(out io.Writer) {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(r)
}
