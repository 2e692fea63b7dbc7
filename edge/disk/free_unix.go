// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd

package disk

import "syscall"

// Free is how much of a directory's disk may still be written.
func Free(dir string) (int64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil
}
