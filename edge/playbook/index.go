// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"regexp"
	"strconv"
	"strings"
)

// index tells in which line of a TOML file a key stands, for errors that point at it. The TOML library tells that only of
// a syntax error. It reads lines, not TOML: a file that splits keys in odd ways gets the line of the table around them.
type index struct {
	lines map[string]int   // "rule[2].text.en" -> 31
	plain map[string][]int // "rule.text.en" -> every line
}

var (
	headerLine = regexp.MustCompile(`^\s*(\[\[?)\s*([A-Za-z0-9_."\- ]+?)\s*\]\]?\s*(?:#.*)?$`)
	keyLine    = regexp.MustCompile(`^\s*([A-Za-z0-9_."\- ]+?)\s*=`)
)

func newIndex(source string) *index {
	x := &index{lines: map[string]int{}, plain: map[string][]int{}}
	count := map[string]int{}
	table, bare, quoted := "", "", false
	for i, text := range strings.Split(source, "\n") {
		if strings.Count(text, `"""`)%2 == 1 || strings.Count(text, `'''`)%2 == 1 {
			quoted = !quoted
			if !quoted {
				continue
			}
		} else if quoted {
			continue
		}
		if m := headerLine.FindStringSubmatch(text); m != nil {
			bare = unspaced(m[2])
			if m[1] == "[[" {
				count[bare]++
			}
			table = numbered(bare, count)
			x.add(table, bare, i+1)
			continue
		}
		if m := keyLine.FindStringSubmatch(text); m != nil {
			x.add(join(table, unspaced(m[1])), join(bare, unspaced(m[1])), i+1)
		}
	}
	return x
}

func (x *index) add(path, bare string, line int) {
	if _, found := x.lines[path]; !found {
		x.lines[path] = line
	}
	x.plain[bare] = append(x.plain[bare], line)
}

// line finds a path like "rule[2].text.en", or what is around it; 0 when nothing is.
func (x *index) line(path string) int {
	for {
		if n, found := x.lines[path]; found {
			return n
		}
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			return 0
		}
		path = path[:i]
	}
}

// anywhere finds every line of a key without its array's places: "rule.wen".
func (x *index) anywhere(bare string) []int { return x.plain[bare] }

// numbered gives each array of tables in a header its latest place.
func numbered(bare string, count map[string]int) string {
	parts := strings.Split(bare, ".")
	so := ""
	for i, part := range parts {
		so = join(so, part)
		if n := count[so]; n > 0 {
			parts[i] += "[" + strconv.Itoa(n-1) + "]"
		}
	}
	return strings.Join(parts, ".")
}

func join(table, key string) string {
	if table == "" {
		return key
	}
	return table + "." + key
}

func unspaced(key string) string {
	return strings.NewReplacer(" ", "", `"`, "").Replace(key)
}
