// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"reflect"
	"slices"
	"strings"
)

// EditList writes a [[name]] into the text of a configuration, in place of the one whose key by has the same value, or at
// the end. item is the whole of it, as [ShowList] writes it. One that says the same already stays as it stands; else the result
// is compared as that of [Edit] is.
func EditList(text, name, by, item string) (string, error) {
	given, err := decoded(item)
	if err != nil {
		return "", err
	}
	want, err := decoded(text)
	if err != nil {
		return "", err
	}
	one := first(given[name])
	all, _ := tables(want[name])
	at := slices.IndexFunc(all, func(t map[string]any) bool { return t[by] == one[by] })
	d := newDocument(text)
	lines := strings.Split(strings.TrimRight(item, "\n"), "\n")
	switch {
	case at < 0:
		all = append(all, one)
		d.lines = append(d.lines, lines...)
	case reflect.DeepEqual(all[at], one):
		return text, nil
	default:
		all[at] = one
		d.replaceList(name, at, lines[1:]) // without the empty line that sets it off
	}
	want[name] = all
	return d.as(want)
}

// replaceList replaces one [[name]], counted from 0.
func (d *document) replaceList(name string, at int, lines []string) {
	for _, b := range d.blocks() {
		if b.name != name || !b.list {
			continue
		}
		if at == 0 {
			d.replace(b.first, b.last(), lines...)
			return
		}
		at--
	}
}

// first is the first table of a list.
func first(value any) map[string]any {
	if all, ok := tables(value); ok && len(all) > 0 {
		return all[0]
	}
	return map[string]any{}
}
