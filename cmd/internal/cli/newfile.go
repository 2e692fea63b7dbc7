// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// FreshFile is a file that was not there, and is its owner's alone. It is made before a record is opened: root becomes the service's
// user for that, who may not write where root is.
type FreshFile struct{ *os.File }

// NewFile makes a file. It neither overwrites one nor follows a link.
func NewFile(path string) (*FreshFile, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s is there already; name another file", path)
	}
	if err != nil {
		return nil, fmt.Errorf("making the file: %w", err)
	}
	return &FreshFile{file}, nil
}

// Done makes what was written durable.
func (f *FreshFile) Done() error {
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", f.Name(), err)
	}
	return nil
}

// Drop takes the file away where err says that it is not whole. One that cannot be taken away is left empty, and told of.
func (f *FreshFile) Drop(err *error) {
	if *err == nil {
		return
	}
	_ = f.Truncate(0) // it may be closed already
	_ = f.Close()
	if gone := os.Remove(f.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		*err = errors.Join(*err, fmt.Errorf("%s is left, and is not whole: %w", f.Name(), gone))
	}
}
