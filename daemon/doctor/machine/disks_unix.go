// SPDX-License-Identifier: Apache-2.0

//go:build unix

package machine

import (
	"os"
	"path/filepath"
	"syscall"
)

// SameDisk tells whether what is written in one directory comes to the file system of another: a disk that is not mounted leaves
// the one below. A directory that is not there counts as the one above it.
func SameDisk(one, other string) bool {
	a, known := device(one)
	b, too := device(other)
	return known && too && a == b
}

func device(dir string) (number uint64, known bool) {
	for {
		info, err := os.Stat(dir)
		if err == nil {
			stat, ok := info.Sys().(*syscall.Stat_t)
			if !ok {
				return 0, false
			}
			return uint64(stat.Dev), true
		}
		if !os.IsNotExist(err) || dir == filepath.Dir(dir) {
			return 0, false
		}
		dir = filepath.Dir(dir)
	}
}
