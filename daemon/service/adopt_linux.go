// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// adopt makes a directory for the service's user where only the last of its names is missing, and gives it an empty one that is
// root's. What holds something, or belongs to somebody else, is left to who put it there. It reports whether anything changed,
// also where it then fails.
func (to heir) adopt(dir string) (changed bool, err error) {
	dir = filepath.Clean(dir) // "/srv/" is right below /, too
	made, err := makeLast(dir)
	if err != nil {
		return false, err
	}
	given, err := to.give(dir, made)
	return made || given, err
}

// makeLast makes a directory that is missing, below one that is there.
func makeLast(dir string) (made bool, err error) {
	if _, err := os.Stat(filepath.Dir(dir)); err != nil {
		return false, fmt.Errorf("%s is not there: is its disk mounted?", filepath.Dir(dir))
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return false, nil // whoever opens it is told why not
	}
	if err := guarded(dir, 0); err != nil {
		return false, err
	}
	err = os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

// give gives an empty directory that is root's, and where nobody else may write.
func (to heir) give(dir string, made bool) (given bool, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false, err
	}
	defer func() { _ = root.Close() }()
	top, err := root.Open(".")
	if err != nil {
		return false, err
	}
	defer func() { _ = top.Close() }()
	info, err := top.Stat()
	if err != nil || int(stat(info).Uid) != os.Geteuid() || to.uid == os.Geteuid() {
		return false, err
	}
	if err := guarded(dir, 0); err != nil {
		return false, err
	}
	empty, err := bare(root)
	if err != nil || !empty || info.Mode().Perm()&0o022 != 0 || filepath.Dir(dir) == "/" && !made {
		return false, err // what is in it, and who may write there, is known to who made it; the system's own are its own
	}
	err = top.Chown(to.uid, to.gid)
	return err == nil, err
}
