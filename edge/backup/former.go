// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"redbench/edge/disk"
)

// A package that is being upgraded keeps the former version's state aside in the state directory, and puts it back where the new
// version does not start: by the file that a restore writes down too, so that Finish moves what the package's scripts did not.

const (
	upgraded  = "former"
	heardFile = "heard"
	refused   = FormerPrefix + "refused-*"
)

// Heard notes that something may be acknowledged from now on: to put back what an upgrade kept aside would lose it.
func Heard(state string) error {
	if _, err := os.Stat(filepath.Join(state, upgraded)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := disk.Replace(filepath.Join(state, upgraded), heardFile, nil); err != nil {
		return fmt.Errorf("noting that the former version's state is past: %w", err)
	}
	return nil
}

// Settled takes away what an upgrade kept aside: it holds customers who may be forgotten from now on.
func Settled(state string) error {
	if Unfinished(state) {
		return nil
	}
	gone, err := filepath.Glob(filepath.Join(state, refused))
	errs := []error{err}
	for _, dir := range append(gone, filepath.Join(state, upgraded)) {
		errs = append(errs, os.RemoveAll(dir))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("taking away the former version's state: %w", err)
	}
	return nil
}
