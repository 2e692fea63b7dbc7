// SPDX-License-Identifier: Apache-2.0

// Package keyed reads a program's configuration from a table of its keys: one TOML file, the environment over it, and
// the command line over both. Both programs of ours read theirs with it, so that both tell mistakes alike.
//
// A program names each key once, in its table. Its sample file, its documentation and its names in the environment all
// come from there, so none of them can tell something else.
package keyed

import "strings"

// Key is one thing that can be set.
type Key struct {
	Section string
	Key     string
	Value   any    // pointer to what it sets: *string, *[]string, *bool, *int, *float64 or *edge.Consent
	Doc     string // one or two sentences
	Path    bool   // a file or directory: relative ones start at the configuration file's directory
	Flag    string // the flag on the command line that sets it, too; empty: none

	env string
}

// Name is the key's full name, "section.key".
func (k Key) Name() string { return k.Section + "." + k.Key }

// Env is the name of the variable in the environment that overrides the key.
func (k Key) Env() string { return k.env }

// Section is a group of keys.
type Section struct {
	Name string
	Doc  string
	Keys []Key
}

// NewSection makes a section of keys. prefix is what their names in the environment begin with, as in "REDBENCH_".
func NewSection(prefix, name, doc string, keys ...Key) Section {
	for i := range keys {
		keys[i].Section = name
		keys[i].env = prefix + strings.ToUpper(name) + "_" + strings.ToUpper(keys[i].Key)
	}
	return Section{Name: name, Doc: doc, Keys: keys}
}

// Keys lists the keys of all sections by their full names.
func Keys(sections []Section) map[string]Key {
	all := map[string]Key{}
	for _, s := range sections {
		for _, k := range s.Keys {
			all[k.Name()] = k
		}
	}
	return all
}

// Label is how messages name a key, "[section] key".
func Label(section, key string) string { return "[" + section + "] " + key }
