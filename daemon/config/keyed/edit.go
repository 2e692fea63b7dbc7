// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Setting is one key and its value as TOML, as in "store", "id", `"harbour"`.
type Setting struct {
	Section string
	Key     string
	Literal string
}

// Name is the key's full name, "section.key".
func (s Setting) Name() string { return s.Section + "." + s.Key }

// Edit writes settings into the text of a configuration and leaves all else as it stands: comments, order, blank lines and
// the keys that nobody named. A key that is there already gets its new value in its own place; one that the sample shows
// commented out goes below that line. The result is read again and compared before it is given, so that a file written in
// a way that this does not understand (inline tables, dotted keys) is refused, and never spoilt.
func Edit(text string, settings []Setting) (string, error) {
	want, err := decoded(text)
	if err != nil {
		return "", err
	}
	d := newDocument(text)
	for _, s := range settings {
		if err := d.set(s); err != nil {
			return "", err
		}
		if err := expect(want, s); err != nil {
			return "", err
		}
	}
	return d.as(want)
}

// as gives the text if it says what is wanted.
func (d *document) as(want map[string]any) (string, error) {
	text := d.String()
	if got, err := decoded(text); err != nil || !reflect.DeepEqual(got, want) {
		return "", errors.New("this file is written in a way that cannot be changed without a person (inline tables or dotted keys, " +
			"perhaps): write a [section] on a line of its own and its keys below, or set the keys by hand")
	}
	return text, nil
}

func decoded(text string) (map[string]any, error) {
	tree := map[string]any{}
	_, err := toml.Decode(text, &tree)
	return tree, err
}

// expect notes what a setting changes in a decoded configuration.
func expect(tree map[string]any, s Setting) error {
	value, err := decoded("v = " + s.Literal)
	if err != nil {
		return fmt.Errorf("writing %s: %w", Label(s.Section, s.Key), err)
	}
	if tree[s.Section] == nil {
		tree[s.Section] = map[string]any{}
	}
	table, ok := tree[s.Section].(map[string]any)
	if !ok {
		return fmt.Errorf("writing %s: [%s] is no section in this file", Label(s.Section, s.Key), s.Section)
	}
	table[s.Key] = value["v"]
	return nil
}

// document is a configuration as lines that can be changed.
type document struct {
	lines   []string
	newline string
}

func newDocument(text string) *document {
	newline := "\n"
	if strings.Contains(text, "\r\n") {
		newline = "\r\n"
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	return &document{lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n"), newline: newline}
}

func (d *document) String() string { return strings.Join(d.lines, d.newline) + d.newline }

// assignment is a key of a section and the lines that its value takes, from first to before end.
type assignment struct {
	key        string
	first, end int
}

// block is a section: its heading's line, and the line where the next one begins.
type block struct {
	name       string
	list       bool // [[name]]
	first, end int
	keys       []assignment
}

// last is the line after the last one that says something.
func (b block) last() int {
	if len(b.keys) > 0 {
		return b.keys[len(b.keys)-1].end
	}
	return b.first + 1
}

// blocks reads the document's sections. A line inside a value of several lines is never taken for a heading or a key.
func (d *document) blocks() []block {
	all := []block{{first: -1}}
	for i := 0; i < len(d.lines); {
		line := d.lines[i]
		if m := arrayLine.FindStringSubmatch(line); m != nil {
			all = append(all, block{name: m[1], list: true, first: i})
		} else if m := tableLine.FindStringSubmatch(line); m != nil {
			all = append(all, block{name: m[1], first: i})
		} else if m := keyLine.FindStringSubmatch(line); m != nil {
			end := d.valueEnd(i)
			b := &all[len(all)-1]
			b.keys = append(b.keys, assignment{key: m[1], first: i, end: end})
			i = end
			continue
		}
		i++
	}
	for i := range all {
		all[i].end = len(d.lines)
		if i+1 < len(all) {
			all[i].end = all[i+1].first
		}
	}
	return all
}

// mostLines is how many lines a value may take before its first is taken for all of it.
const mostLines = 1000

// valueEnd finds where the value that begins on a line ends: the first line up to which it can be read.
func (d *document) valueEnd(first int) int {
	for end := first + 1; end <= min(len(d.lines), first+mostLines); end++ {
		if _, err := decoded(strings.Join(d.lines[first:end], "\n")); err == nil {
			return end
		}
	}
	return first + 1
}

func (d *document) set(s Setting) error {
	line := s.Key + " = " + s.Literal
	blocks := d.blocks()
	at := slices.IndexFunc(blocks, func(b block) bool { return b.name == s.Section && !b.list && b.first >= 0 })
	if at < 0 {
		d.lines = append(d.lines, "", "["+s.Section+"]", line)
		return nil
	}
	b := blocks[at]
	for _, a := range b.keys {
		if a.key == s.Key {
			d.replace(a.first, a.end, line+d.remark(a))
			return nil
		}
	}
	shown, err := regexp.Compile(`^\s*#\s?` + regexp.QuoteMeta(s.Key) + `\s*=`)
	if err != nil {
		return fmt.Errorf("writing %s: %w", Label(s.Section, s.Key), err)
	}
	for i := b.first + 1; i < b.end; i++ {
		if shown.MatchString(d.lines[i]) {
			d.replace(i+1, i+1, line)
			return nil
		}
	}
	d.replace(b.last(), b.last(), line)
	return nil
}

// remark is the comment after a value, with the space before it.
func (d *document) remark(a assignment) string {
	text := strings.Join(d.lines[a.first:a.end], "\n")
	for i, r := range text {
		if r != '#' {
			continue
		}
		if _, err := decoded(text[:i]); err == nil {
			before := strings.TrimRight(text[:i], " \t")
			return text[len(before):]
		}
	}
	return ""
}

func (d *document) replace(first, end int, line ...string) {
	d.lines = slices.Replace(d.lines, first, end, line...)
}
