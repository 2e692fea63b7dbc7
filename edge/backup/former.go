// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"os"
	"path/filepath"
	"strings"
)

// Formers are the directories that hold states which restores have replaced, the oldest first. They hold people, and nobody
// takes them away but a person.
func Formers(state string) (dirs []string) {
	entries, _ := os.ReadDir(state) // a state directory that cannot be read is told of by others
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), FormerPrefix) {
			dirs = append(dirs, filepath.Join(state, e.Name()))
		}
	}
	return dirs
}
