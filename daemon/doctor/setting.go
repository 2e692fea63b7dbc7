// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"strings"
	"time"

	"redbench/daemon/control"
)

// Setting is how the configuration stands.
type Setting struct {
	Source   string   // for people: the file, or that there is none
	Wrong    error    // it cannot be read or meant; the rest is empty then
	Files    error    // what it names and cannot be used, a line each
	Warnings []string // allowed and unwise
	Silent   bool     // no prompt is shown, to measure

	File    string    // that this command read; empty: none
	Changed time.Time // when it was written last
	Running string    // the file that the running box read
	Started time.Time // of the running box; zero: none runs
}

// Judge tells what is wrong with the configuration.
func (s Setting) Judge(f *Findings) {
	if s.Wrong != nil {
		for line := range strings.Lines(s.Wrong.Error()) {
			f.Add("config-wrong", "problem", line)
		}
		return
	}
	before := len(f.list)
	if s.Files != nil {
		for line := range strings.Lines(s.Files.Error()) {
			f.Add("config-file", "problem", line)
		}
	}
	for _, warning := range s.Warnings {
		f.Add("config-unsafe", "warning", strings.TrimSuffix(warning, "."))
	}
	switch {
	case s.Started.IsZero():
	case s.Running != s.File:
		f.Add("config-other", "running", named(s.Running), "here", named(s.File))
	case s.Changed.After(s.Started):
		f.Add("config-stale", "file", s.File)
	}
	if s.Silent {
		f.Add("config-silent")
	}
	if len(f.list) == before {
		f.Add("config-good", "source", s.Source)
	}
}

func named(file string) string {
	if file == "" {
		return "no file"
	}
	return file
}

// Access is whether there is a box to ask.
type Access struct {
	Denied bool            // it runs, and this user may not ask it
	Status *control.Status // nil: it does not run
}

// Judge tells whether the box runs.
func (a Access) Judge(f *Findings) {
	switch {
	case a.Denied:
		f.Add("access-denied")
	case a.Status == nil:
		f.Add("not-running")
	case !a.Status.Ready:
		f.Add("not-ready", "why", strings.Join(a.Status.NotReady, "; "))
	default:
		f.Add("running", "since", a.Status.Started.UTC().Format(time.RFC3339), "pid", a.Status.PID)
	}
}
