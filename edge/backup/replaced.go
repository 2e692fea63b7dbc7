// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"os"
	"path/filepath"
	"regexp"
)

// replaced are the names of what restores put aside, and not those of what an upgrade did, which ends by itself.
var replaced = regexp.MustCompile(`^` + FormerPrefix + `\d{8}T\d{6}Z(-\d+)?$`)

// Formers are the directories that hold states which restores have replaced, the oldest first. They hold people, and nobody
// takes them away but a person.
func Formers(state string) (dirs []string) {
	entries, _ := os.ReadDir(state) // a state directory that cannot be read is told of by others
	for _, e := range entries {
		if e.IsDir() && replaced.MatchString(e.Name()) {
			dirs = append(dirs, filepath.Join(state, e.Name()))
		}
	}
	return dirs
}
