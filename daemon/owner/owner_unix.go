// SPDX-License-Identifier: Apache-2.0

//go:build unix

package owner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Become makes root the user that owns the state directory, before a verb opens the store in a server's place:
// a journal that belongs to root would keep the server out at its next start. A directory that is still to be made has no
// owner yet.
func Become(dir string) error {
	owner, err := other(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || owner == nil {
		return err
	}
	if err := syscall.Setgroups([]int{int(owner.Gid)}); err != nil {
		return fmt.Errorf("becoming the owner of %s: %w", dir, err)
	}
	if err := syscall.Setgid(int(owner.Gid)); err != nil {
		return fmt.Errorf("becoming the owner of %s: %w", dir, err)
	}
	if err := syscall.Setuid(int(owner.Uid)); err != nil {
		return fmt.Errorf("becoming the owner of %s: %w", dir, err)
	}
	return nil
}

// Others reports whether Become would make this process another user.
func Others(dir string) bool {
	owner, err := other(dir)
	return err == nil && owner != nil
}

// other gives whose the directory is where this is root and it is not root's; nil: it is not so.
func other(dir string) (*syscall.Stat_t, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 || owner.Uid == 0 {
		return nil, nil
	}
	return owner, nil
}
