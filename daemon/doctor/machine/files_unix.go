// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd

package machine

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// HasOwners says that files have an owner and rights here.
const HasOwners = true

// Owner names whose a file is.
func Owner(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	id := strconv.Itoa(int(stat.Uid))
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

// MayRead tells whether a user could open a file, by the rights of it and of the directories above; a user who is not known
// here may not.
func MayRead(name, path string) error { return may(name, path, 4) }

// MayWrite tells whether a user could make files in a directory, as MayRead does.
func MayWrite(name, dir string) error { return may(name, dir, 3) }

func may(name, path string, right fs.FileMode) error {
	u, err := user.Lookup(name)
	if err != nil {
		return err
	}
	groups, err := u.GroupIds()
	if err != nil {
		return err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return err
	}
	if u.Uid == "0" {
		return nil
	}
	for ; ; right = 1 {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if !allows(info, u.Uid, groups, right) {
			return errors.New(path + " keeps " + name + " out")
		}
		if above := filepath.Dir(path); above != path {
			path = above
			continue
		}
		return nil
	}
}

func allows(info fs.FileInfo, uid string, groups []string, right fs.FileMode) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return true
	}
	mode := info.Mode().Perm()
	switch {
	case strconv.Itoa(int(stat.Uid)) == uid:
		return mode>>6&right == right
	case slices.Contains(groups, strconv.Itoa(int(stat.Gid))):
		return mode>>3&right == right
	}
	return mode&right == right
}

// FreeFiles is how many more files a directory's disk has room for; negative: it does not say.
func FreeFiles(dir string) int64 {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil || st.Files == 0 {
		return -1
	}
	return int64(st.Ffree)
}

// FreeBytes is how much of a directory's disk may still be written.
func FreeBytes(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
