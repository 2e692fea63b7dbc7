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
// root's. What holds something, or belongs to somebody else, is left to who put it there. It reports whether anything changed.
func (to heir) adopt(dir string) (changed bool, err error) {
	if _, err := os.Stat(filepath.Dir(dir)); err != nil {
		return false, fmt.Errorf("%s is not there: is its disk mounted?", filepath.Dir(dir))
	}
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := guarded(dir, 0); err != nil {
			return false, err
		}
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return false, err
		}
	}
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
	if err != nil || !empty || info.Mode().Perm()&0o022 != 0 || filepath.Dir(dir) == "/" {
		return false, err // what is in it, and who may write there, is known to who made it; the system's own are its own
	}
	return true, top.Chown(to.uid, to.gid)
}
