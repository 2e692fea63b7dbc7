// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"fmt"
	"slices"

	"redbench/edge"
)

func known(name string, names []string) bool { return slices.Contains(names, name) }

// meant proposes the nearest known name, as the tail of an error: ", did you mean \"when\"?". It is empty when none is
// near.
func meant(name string, names []string) string {
	at := 3
	if len(name) <= 4 {
		at = 2
	}
	best, letters := edge.Nearest(name, names)
	if letters > at {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}
