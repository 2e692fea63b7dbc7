// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"path/filepath"
	"strings"
)

// SameDisk tells whether two directories are on the same volume.
func SameDisk(one, other string) bool {
	return strings.EqualFold(filepath.VolumeName(one), filepath.VolumeName(other))
}
