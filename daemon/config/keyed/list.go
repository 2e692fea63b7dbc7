// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Fill reads the tables of a [[section]] of which there may be any number. keys gives the keys of one more, whose values
// are filled; there is one call for each table, in the order of the file.
func Fill(name string, value any, r *Reading, keys func() []Key) {
	all, ok := tables(value)
	if !ok {
		r.Add(r.Line(name), "[["+name+"]]", "is a list of sections: write [[%s]] before each", name)
		return
	}
	for i, table := range all {
		fillOne(fmt.Sprintf("%s.%d", name, i), "[["+name+"]] ", table, r, keys())
	}
}

func fillOne(at, label string, table map[string]any, r *Reading, keys []Key) {
	byKey := map[string]Key{}
	var names []string
	for _, k := range keys {
		byKey[k.Key] = k
		names = append(names, k.Key)
	}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		line := r.Line(at + "." + key)
		k, ok := byKey[key]
		if !ok {
			r.Add(line, label+key, "unknown key%s", Nearest(key, names))
			continue
		}
		if err := Set(k.Value, table[key]); err != nil {
			r.Add(line, label+key, "%v", err)
			continue
		}
		if path, ok := k.Value.(*string); ok && k.Path && *path != "" && !filepath.IsAbs(*path) && r.File != "" {
			*path = filepath.Join(filepath.Dir(r.File), *path)
		}
	}
}

func tables(value any) ([]map[string]any, bool) {
	switch v := value.(type) {
	case []map[string]any:
		return v, true
	case []any:
		var tables []map[string]any
		for _, each := range v {
			table, ok := each.(map[string]any)
			if !ok {
				return nil, false
			}
			tables = append(tables, table)
		}
		return tables, true
	}
	return nil, false
}

// SampleList writes the keys of a [[section]] commented out, with its own line, since one that is there is one too many.
func SampleList(name, doc string, keys []Key) string {
	var b strings.Builder
	b.WriteString("\n" + Folded("# ", doc))
	fmt.Fprintf(&b, "#\n# [[%s]]\n", name)
	for _, k := range keys {
		fmt.Fprintf(&b, "%s#%s = %s\n", Folded("# ", k.Doc), k.Key, Literal(k.Value))
	}
	return b.String()
}

// ShowList writes one [[section]] as it holds.
func ShowList(name string, keys []Key) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n[[%s]]\n", name)
	for _, k := range keys {
		fmt.Fprintf(&b, "%s = %s\n", k.Key, Literal(k.Value))
	}
	return b.String()
}

// MarkdownList writes a chapter for a [[section]], under a heading that begins with mark.
func MarkdownList(mark, name, doc string, keys []Key) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s [[%s]]\n\n%s\n\n| key | default | meaning |\n|---|---|---|\n", mark, name, doc)
	for _, k := range keys {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", k.Key, Literal(k.Value), Cell(k.Doc))
	}
	return b.String()
}
