// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// writeDurably writes a file that is either absent (or the former) or whole, also after a power cut. Without replace it
// fails with fs.ErrExist where the file is there already.
func writeDurably(dir, name string, data []byte, mode fs.FileMode, replace bool) error {
	tmp, err := os.CreateTemp(dir, name+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := put(tmp.Name(), filepath.Join(dir, name), replace); err != nil {
		return err
	}
	return syncDir(dir)
}

func put(from, to string, replace bool) error {
	if replace {
		return os.Rename(from, to)
	}
	// A link fails where the target exists; a rename would overwrite what a faster process has made.
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Rename(from, to) // a file system without links
}

// syncDir makes a new directory entry durable; Windows does so by itself.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
