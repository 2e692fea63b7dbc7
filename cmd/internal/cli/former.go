// SPDX-License-Identifier: Apache-2.0

package cli

import "strings"

// RemoveFormers is what a person types to delete what restores have replaced.
func RemoveFormers(dirs []string) string {
	quoted := make([]string, len(dirs))
	for i, each := range dirs {
		quoted[i] = Quoted(each)
	}
	return "sudo rm -r " + strings.Join(quoted, " ")
}
