// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"

	"redbench/daemon/config/keyed"
)

// Given is what an installation is told to set: a text with some of the file's keys, the environment, and single values by
// their keys' full names ("hq.url"). The later one counts.
type Given struct {
	Name   string // of the text, for messages
	Text   string
	Env    []string
	Values map[string]string
}

// Change is one key, or one [[adapter]], that was or would be written.
type Change struct {
	Key    string `json:"key"` // "store.id", or "adapter NAME"
	Former string `json:"former,omitempty"`
	Value  string `json:"value,omitempty"`
}

// Amend writes what is given into the text of the configuration at path, and tells what that changed. Comments and the
// other keys stay. What is given is checked before, and the whole afterwards, as *[Error]: nothing is ever half written.
func Amend(path, text string, given Given) (amended string, changes []Change, err error) {
	settings, adapters, err := given.told()
	if err != nil {
		return "", nil, err
	}
	former, err := Parse(path, text, nil)
	if err != nil {
		return "", nil, err
	}
	var differing []keyed.Setting
	for _, s := range settings {
		key := former.keys()[s.Name()]
		there := keyed.Literal(key.Value)
		if former.Origin(s.Name()) == FromFile && former.same(path, s, there) {
			continue
		}
		differing = append(differing, s)
		changes = append(changes, Change{Key: s.Name(), Former: there, Value: s.Literal})
	}
	if amended, err = keyed.Edit(text, differing); err != nil {
		return "", nil, fmt.Errorf("changing %s: %w", path, err)
	}
	for _, a := range adapters {
		before := amended
		if amended, err = keyed.EditList(amended, "adapter", "name", keyed.ShowList("adapter", adapterKeys(&a))); err != nil {
			return "", nil, fmt.Errorf("changing %s: %w", path, err)
		}
		if amended != before {
			changes = append(changes, Change{Key: "adapter " + a.Name})
		}
	}
	_, err = Parse(path, amended, nil)
	return amended, changes, err
}

// same reports whether a key of the file says what a setting says. Paths are compared as the file would have them.
func (c *Config) same(path string, s keyed.Setting, there string) bool {
	if there == s.Literal {
		return true
	}
	if !c.keys()[s.Name()].Path {
		return false
	}
	other, err := Parse(path, "["+s.Section+"]\n"+s.Key+" = "+s.Literal+"\n", nil)
	return err == nil && keyed.Literal(other.keys()[s.Name()].Value) == there
}

// told reads what is given by itself, so that its mistakes are told by its own name and lines.
func (g Given) told() ([]keyed.Setting, []Adapter, error) {
	c := Default()
	settings, read, err := c.form().Told(g.Name, g.Text, g.Env, g.Values)
	if err != nil {
		return nil, nil, err
	}
	c.read = read
	c.validateAdapters()
	return settings, c.Adapters, read.Err()
}
