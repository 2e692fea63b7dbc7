// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"fmt"
	"path/filepath"
)

// Origin says where a value came from.
type Origin string

// The origins. A later one overrides an earlier one.
const (
	FromDefault     Origin = "default"
	FromFile        Origin = "file"
	FromEnvironment Origin = "environment"
	FromFlag        Origin = "command line"
)

// Reading is what one reading of a configuration found beside the values: where each came from, and what is wrong.
type Reading struct {
	File     string   // the file that was read, absolute; empty: none
	Warnings []string // allowed, but worth a line in the log

	from     map[string]Origin // by Key.Name; absent for a default
	lines    map[string]int    // by Key.Name: the line in the file
	keys     map[string]Key
	mistakes *Error
}

// Origin tells where the value of a key came from. A nil reading knows only defaults.
func (r *Reading) Origin(key string) Origin {
	if r == nil {
		return FromDefault
	}
	if o, ok := r.from[key]; ok {
		return o
	}
	return FromDefault
}

// Line is where something stands in the file: "ui", "ui.listen", "adapter.0", "adapter.0.name"; 0 when nobody knows.
func (r *Reading) Line(name string) int {
	if r == nil {
		return 0
	}
	return r.lines[name]
}

// Source is the remark after a key's value that tells where it came from.
func (r *Reading) Source(k Key) string {
	switch r.Origin(k.Name()) {
	case FromFile:
		return fmt.Sprintf(" # line %d", r.Line(k.Name()))
	case FromEnvironment:
		return " # from " + k.Env()
	case FromFlag:
		return " # from --" + k.Flag
	}
	return ""
}

// Add tells a mistake: its line (0: none), and what it is about, "[section] key" or a variable's name.
func (r *Reading) Add(line int, key, format string, args ...any) {
	r.mistakes.Add(line, key, format, args...)
}

// Bad tells a mistake in a value, by the name that a person gave it.
func (r *Reading) Bad(section, key, format string, args ...any) {
	name := section + "." + key
	switch r.from[name] {
	case FromEnvironment:
		r.Add(0, r.keys[name].Env(), format, args...)
	case FromFlag:
		r.Add(0, "--"+r.keys[name].Flag, format, args...)
	default:
		r.Add(r.lines[name], Label(section, key), format, args...)
	}
}

// Warn notes what is allowed and unwise.
func (r *Reading) Warn(text string) { r.Warnings = append(r.Warnings, text) }

// Wrong reports whether any mistake was told.
func (r *Reading) Wrong() bool { return len(r.mistakes.Problems) > 0 }

// Err gives all mistakes as one *[Error] in the order of the file, or nil when there are none.
func (r *Reading) Err() error { return r.mistakes.OrNil() }

func (r *Reading) setText(name string, key Key, text string, origin Origin) {
	if err := setText(key.Value, text); err != nil {
		r.Add(0, name, "%v", err)
		return
	}
	r.from[key.Name()] = origin
}

// resolve makes the paths that came from origin absolute.
func (r *Reading) resolve(dir string, origin Origin) {
	for name, key := range r.keys {
		path, ok := key.Value.(*string)
		if !ok || !key.Path || *path == "" || r.from[name] != origin || filepath.IsAbs(*path) {
			continue
		}
		if abs, err := filepath.Abs(filepath.Join(dir, *path)); err == nil {
			*path = abs
		}
	}
}
