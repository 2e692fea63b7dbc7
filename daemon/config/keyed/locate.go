// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	tableLine = regexp.MustCompile(`^\s*\[\s*([A-Za-z0-9_-]+)\s*\]`)
	arrayLine = regexp.MustCompile(`^\s*\[\[\s*([A-Za-z0-9_-]+)\s*\]\]`)
	keyLine   = regexp.MustCompile(`^\s*([A-Za-z0-9_.-]+)\s*=\s*(.*)$`)
)

// locate finds on which line each section and key of a TOML file stands: "ui", "ui.listen", "adapter.0",
// "adapter.0.name". The decoder knows it and does not tell. Only messages depend on it, so that a file written in a
// stranger way than this reads (quoted keys, inline tables) costs a line number and no more.
func locate(text string) map[string]int {
	lines := map[string]int{}
	note := func(name string, line int) {
		if _, seen := lines[name]; !seen {
			lines[name] = line
		}
	}
	within, count := "", map[string]int{}
	quote := "" // the delimiter of a text over several lines that we are in
	for i, line := range strings.Split(text, "\n") {
		if quote != "" {
			if strings.Contains(line, quote) {
				quote = ""
			}
			continue
		}
		if m := arrayLine.FindStringSubmatch(line); m != nil {
			within = fmt.Sprintf("%s.%d", m[1], count[m[1]])
			count[m[1]]++
			note(m[1], i+1)
			note(within, i+1)
		} else if m := tableLine.FindStringSubmatch(line); m != nil {
			within = m[1]
			note(within, i+1)
		} else if m := keyLine.FindStringSubmatch(line); m != nil {
			note(join(within, m[1]), i+1)
			note(strings.SplitN(join(within, m[1]), ".", 2)[0], i+1)
			quote = opens(m[2])
		}
	}
	return lines
}

func join(section, key string) string {
	if section == "" {
		return key
	}
	return section + "." + key
}

// opens tells which delimiter a value leaves open at the end of its line.
func opens(value string) string {
	for _, q := range []string{`'''`, `"""`} {
		if strings.Count(value, q) == 1 {
			return q
		}
	}
	return ""
}
