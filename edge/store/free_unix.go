// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd

package store

import "syscall"

// freeBytes is how much of a directory's disk may still be written.
func freeBytes(dir string) (int64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil
}
