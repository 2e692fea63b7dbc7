// SPDX-License-Identifier: Apache-2.0

//go:build unix

package backup

import (
	"io/fs"
	"syscall"
)

// atOnce opens a file without waiting for anybody, as one waits at a pipe, and no link.
const atOnce = syscall.O_NONBLOCK | syscall.O_NOFOLLOW

// sameOwner reports whether two files belong to one user.
func sameOwner(a, b fs.FileInfo) bool {
	of, is := a.Sys().(*syscall.Stat_t)
	other, also := b.Sys().(*syscall.Stat_t)
	return is && also && of.Uid == other.Uid
}
