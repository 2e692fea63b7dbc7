// SPDX-License-Identifier: Apache-2.0

package keyed

import "os"

// Told gives what a text, the environment and the command line say, and nothing else: only the keys that they name, with
// the later one's value where two name the same. Relative paths of the text stay as they are, since it is to become part of another
// file; those of the environment and the command line become absolute. A text that is no TOML is an *[Error] at once;
// other mistakes are collected in the reading.
func (f Form) Told(path, text string, env []string, given Given) ([]Setting, *Reading, error) {
	r, err := f.read(path, text, env, given)
	if err != nil {
		return nil, nil, err
	}
	if dir, err := os.Getwd(); err == nil {
		r.resolve(dir, FromEnvironment)
		r.resolve(dir, FromFlag)
	}
	var told []Setting
	for _, s := range f.Sections {
		for _, k := range s.Keys {
			if r.Origin(k.Name()) != FromDefault {
				told = append(told, Setting{Section: k.Section, Key: k.Key, Literal: Literal(k.Value)})
			}
		}
	}
	return told, r, nil
}
