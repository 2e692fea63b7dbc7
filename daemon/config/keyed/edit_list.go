// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"reflect"
	"strings"
)

// EditList writes a [[name]] into the text of a configuration, in place of the one whose key by has the same value, or at
// the end. item is the whole of it, as [ShowList] writes it. One that says the same already stays as it stands.
func EditList(text, name, by, item string) (string, error) {
	want, err := decoded(item)
	if err != nil {
		return "", err
	}
	one := first(want[name])
	d := newDocument(text)
	for _, b := range d.blocks() {
		if b.name != name || !b.list {
			continue
		}
		there, err := decoded(strings.Join(d.lines[b.first:b.last()], "\n"))
		if err != nil {
			return "", err
		}
		if other := first(there[name]); other[by] != one[by] {
			continue
		} else if reflect.DeepEqual(other, one) {
			return text, nil
		}
		d.replace(b.first, b.last(), strings.Split(strings.Trim(item, "\n"), "\n")...)
		return d.checked()
	}
	d.lines = append(d.lines, strings.Split(strings.TrimRight(item, "\n"), "\n")...)
	return d.checked()
}

func (d *document) checked() (string, error) {
	text := d.String()
	_, err := decoded(text)
	return text, err
}

// first is the first table of a list.
func first(value any) map[string]any {
	if all, ok := tables(value); ok && len(all) > 0 {
		return all[0]
	}
	return map[string]any{}
}
