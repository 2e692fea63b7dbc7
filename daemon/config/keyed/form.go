// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Form is what a program's configuration looks like.
type Form struct {
	Prefix   string    // of its names in the environment
	Sections []Section // whose values are filled
	Lists    []List
	Others   []string // sections whose strange names in the environment are left alone, as another program's begin alike
}

// List is a [[section]] of which there may be any number. The program reads it itself.
type List struct {
	Name string
	Fill func(value any, r *Reading)
}

// Given is what the command line says, by the full name of the key.
type Given map[string]string

// Read fills the form's values from a file's text, the environment ("NAME=value" each) and the command line. Relative
// paths in the text start at path's directory, as the working directory of a Windows service is system32. A text that is
// no TOML is an *[Error] at once; other mistakes are collected in the reading, for [Reading.Err].
func (f Form) Read(path, text string, env []string, given Given) (*Reading, error) {
	r, err := f.read(path, text, env, given)
	if err != nil {
		return nil, err
	}
	r.resolve(filepath.Dir(path), FromFile)
	if dir, err := os.Getwd(); err == nil {
		r.resolve(dir, FromEnvironment)
		r.resolve(dir, FromFlag)
	}
	return r, nil
}

// read is Read with relative paths as they are.
func (f Form) read(path, text string, env []string, given Given) (*Reading, error) {
	r := &Reading{File: absolute(path), from: map[string]Origin{}, lines: locate(text), keys: Keys(f.Sections), mistakes: &Error{File: path}}
	tree := map[string]any{}
	if _, err := toml.Decode(text, &tree); err != nil {
		addSyntax(r.mistakes, err)
		return nil, r.Err()
	}
	f.fill(tree, r)
	f.override(env, r)
	f.give(given, r)
	return r, nil
}

func addSyntax(e *Error, err error) {
	var syntax toml.ParseError
	if !errors.As(err, &syntax) {
		e.Add(0, "", "%v", err)
		return
	}
	text := syntax.Message
	if strings.Contains(text, "escape") {
		text += `; in double quotes a backslash starts an escape: write a Windows path in single quotes, as in 'C:\Redbench'`
	}
	e.Add(syntax.Position.Line, "", "%s", text)
}

// fill takes what the file says.
func (f Form) fill(tree map[string]any, r *Reading) {
	for _, name := range sortedKeys(tree) {
		if i := slices.IndexFunc(f.Lists, func(l List) bool { return l.Name == name }); i >= 0 {
			f.Lists[i].Fill(tree[name], r)
			continue
		}
		keys, ok := f.sectionKeys(name)
		if !ok {
			f.strangeName(name, tree[name], r)
			continue
		}
		table, ok := tree[name].(map[string]any)
		if !ok {
			r.Add(r.lines[name], "["+name+"]", "is a section: write [%s] on a line of its own, and its keys below", name)
			continue
		}
		fillSection(name, keys, table, r)
	}
}

func fillSection(name string, keys []string, table map[string]any, r *Reading) {
	for _, key := range sortedKeys(table) {
		full := name + "." + key
		if !slices.Contains(keys, key) {
			r.Add(r.lines[full], Label(name, key), "unknown key%s", Nearest(key, keys))
			continue
		}
		if err := Set(r.keys[full].Value, table[key]); err != nil {
			r.Add(r.lines[full], Label(name, key), "%v", err)
			continue
		}
		r.from[full] = FromFile
	}
}

// strangeName refuses a section that is none, and helps who wrote a key before any section.
func (f Form) strangeName(name string, value any, r *Reading) {
	if _, table := value.(map[string]any); table {
		r.Add(r.lines[name], "["+name+"]", "unknown section%s", Nearest(name, f.names()))
		return
	}
	var homes []string
	for _, k := range r.keys {
		if k.Key == name {
			homes = append(homes, "["+k.Section+"]")
		}
	}
	slices.Sort(homes)
	if len(homes) > 0 {
		r.Add(r.lines[name], name, "stands above every section; it is a key of %s", OneOf(homes))
		return
	}
	r.Add(r.lines[name], name, "unknown key, and above every section%s", Nearest(name, f.names()))
}

// override takes what the environment says. A name that looks like ours and is not known is refused where its section
// is one, as a mistyped name would silently do nothing; names of other programs of ours are left alone.
func (f Form) override(env []string, r *Reading) {
	byEnv := map[string]Key{}
	var names []string
	for _, s := range f.Sections {
		for _, k := range s.Keys {
			byEnv[k.Env()] = k
			names = append(names, k.Env())
		}
	}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, f.Prefix) {
			continue
		}
		key, ok := byEnv[name]
		if !ok {
			f.strangeEnv(name, names, r)
			continue
		}
		r.setText(name, key, value, FromEnvironment)
	}
}

func (f Form) strangeEnv(name string, names []string, r *Reading) {
	section, _, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(name, f.Prefix)), "_")
	if !slices.Contains(f.Others, section) && slices.Contains(f.names(), section) {
		r.Add(0, name, "unknown key in the environment%s", Nearest(name, names))
	}
}

// give takes what the command line says.
func (f Form) give(given Given, r *Reading) {
	for _, s := range f.Sections {
		for _, k := range s.Keys {
			if value, is := given[k.Name()]; is {
				r.setText("--"+k.Flag, k, value, FromFlag)
			}
		}
	}
}

// names lists every section, lists first.
func (f Form) names() []string {
	var names []string
	for _, l := range f.Lists {
		names = append(names, l.Name)
	}
	for _, s := range f.Sections {
		names = append(names, s.Name)
	}
	return names
}

func (f Form) sectionKeys(name string) ([]string, bool) {
	for _, s := range f.Sections {
		if s.Name != name {
			continue
		}
		keys := make([]string, len(s.Keys))
		for i, k := range s.Keys {
			keys[i] = k.Key
		}
		return keys, true
	}
	return nil, false
}

func sortedKeys(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
