// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"strings"
)

// Markdown writes a table of what can be wrong and what to do, for the documentation.
func (c Catalogue) Markdown() string {
	var b strings.Builder
	b.WriteString("| check | | it says | what to do |\n|---|---|---|---|\n")
	for _, k := range c {
		if k.State == Fail || k.State == Warn {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Check, k.State, cell(k.Text), cell(k.Do))
		}
	}
	return b.String()
}

// cell writes what stands for something as a reader expects it, and keeps the table whole.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "{", "‹", "}", "›").Replace(text)
}
