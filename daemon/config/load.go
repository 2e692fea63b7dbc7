// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// absolute names a file so that another process, in another directory, finds it. Messages keep the name that was given.
func absolute(path string) string {
	if path == "" {
		return ""
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// maxFileBytes is more than any configuration needs; a larger file is something else.
const maxFileBytes = 1 << 20

// Load reads the file at path and then the environment ("NAME=value" each), and checks the whole. With an empty path it
// reads [DefaultFile] where that exists. Every mistake is told at once, as an *[Error].
func Load(path string, env []string) (*Config, error) {
	named := path != ""
	if !named {
		path = defaultFile
	}
	text, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return Parse("", "", env)
	}
	if err != nil {
		return nil, &Error{File: path, Problems: []Problem{{Text: err.Error()}}}
	}
	return Parse(path, text, env)
}

func readFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("reading the configuration: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", fmt.Errorf("reading the configuration: %w", err)
	}
	if info.IsDir() {
		return "", fmt.Errorf("reading the configuration: %s is a directory; name the file in it", path)
	}
	if info.Size() > maxFileBytes {
		return "", fmt.Errorf("reading the configuration: %s has %d bytes; that is no configuration", path, info.Size())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading the configuration: %w", err)
	}
	return strings.TrimPrefix(string(raw), "\ufeff"), nil // Windows' Notepad starts a file with it
}

// Parse is Load for a text that was read already. Relative paths in it start at path's directory, as the working
// directory of a Windows service is system32.
func Parse(path, text string, env []string) (*Config, error) {
	c := Default()
	c.File = absolute(path)
	c.from = map[string]Origin{}
	c.lines = locate(text)
	e := &Error{File: path}

	tree := map[string]any{}
	if _, err := toml.Decode(text, &tree); err != nil {
		addSyntax(e, err)
		return nil, e.orNil()
	}
	c.fill(tree, e)
	c.resolve(filepath.Dir(path), FromFile)
	c.override(env, e)
	if dir, err := os.Getwd(); err == nil {
		c.resolve(dir, FromEnvironment)
	}
	c.validate(e)
	if err := e.orNil(); err != nil {
		return nil, err
	}
	return c, nil
}

func addSyntax(e *Error, err error) {
	var syntax toml.ParseError
	if !errors.As(err, &syntax) {
		e.add(0, "", "%v", err)
		return
	}
	text := syntax.Message
	if strings.Contains(text, "escape") {
		text += `; in double quotes a backslash starts an escape: write a Windows path in single quotes, as in 'C:\Redbench'`
	}
	e.add(syntax.Position.Line, "", "%s", text)
}

// fill takes what the file says.
func (c *Config) fill(tree map[string]any, e *Error) {
	known := c.keys()
	for _, name := range sortedKeys(tree) {
		if name == "adapter" {
			c.fillAdapters(tree[name], e)
			continue
		}
		keys, ok := sectionKeys(c, name)
		if !ok {
			c.strangeName(name, tree[name], e)
			continue
		}
		table, ok := tree[name].(map[string]any)
		if !ok {
			e.add(c.lines[name], "["+name+"]", "is a section: write [%s] on a line of its own, and its keys below", name)
			continue
		}
		for _, key := range sortedKeys(table) {
			full := name + "." + key
			if !slices.Contains(keys, key) {
				e.add(c.lines[full], label(name, key), "unknown key%s", nearest(key, keys))
				continue
			}
			if err := set(known[full].Value, table[key]); err != nil {
				e.add(c.lines[full], label(name, key), "%v", err)
				continue
			}
			c.from[full] = FromFile
		}
	}
}

// strangeName refuses a section that is none, and helps who wrote a key before any section.
func (c *Config) strangeName(name string, value any, e *Error) {
	if _, table := value.(map[string]any); table {
		e.add(c.lines[name], "["+name+"]", "unknown section%s", nearest(name, sectionNames(c)))
		return
	}
	var homes []string
	for _, k := range c.keys() {
		if k.Key == name {
			homes = append(homes, "["+k.Section+"]")
		}
	}
	slices.Sort(homes)
	if len(homes) > 0 {
		e.add(c.lines[name], name, "stands above every section; it is a key of %s", oneOf(homes))
		return
	}
	e.add(c.lines[name], name, "unknown key, and above every section%s", nearest(name, sectionNames(c)))
}

// override takes what the environment says. A name that looks like ours and is not known is refused where its section
// is one, as a mistyped name would silently do nothing; names of other programs of ours are left alone.
func (c *Config) override(env []string, e *Error) {
	byEnv := map[string]Key{}
	var names []string
	for _, s := range c.Sections() {
		for _, k := range s.Keys {
			byEnv[k.Env()] = k
			names = append(names, k.Env())
		}
	}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		key, ok := byEnv[name]
		if !ok {
			c.strangeEnv(name, names, e)
			continue
		}
		if err := setText(key.Value, value); err != nil {
			e.add(0, name, "%v", err)
			continue
		}
		c.from[key.Name()] = FromEnvironment
	}
}

func (c *Config) strangeEnv(name string, names []string, e *Error) {
	section, _, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(name, envPrefix)), "_")
	// REDBENCH_HQ_… may belong to redbench-hq on the same machine.
	if section != "hq" && slices.Contains(sectionNames(c), section) {
		e.add(0, name, "unknown key in the environment%s", nearest(name, names))
	}
}

// resolve makes the paths that came from origin absolute.
func (c *Config) resolve(dir string, origin Origin) {
	for name, key := range c.keys() {
		path, ok := key.Value.(*string)
		if !ok || !key.Path || *path == "" || c.from[name] != origin || filepath.IsAbs(*path) {
			continue
		}
		if abs, err := filepath.Abs(filepath.Join(dir, *path)); err == nil {
			*path = abs
		}
	}
}

func sectionNames(c *Config) []string {
	names := []string{"adapter"}
	for _, s := range c.Sections() {
		names = append(names, s.Name)
	}
	return names
}

func sectionKeys(c *Config, name string) ([]string, bool) {
	for _, s := range c.Sections() {
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

func label(section, key string) string { return "[" + section + "] " + key }
