// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// workDir makes a directory for one schedule, in memory where that is to be had: a power cut is made by copying, so that
// nothing here needs a disk that syncs.
func workDir() (string, error) {
	parent := "/dev/shm"
	if info, err := os.Stat(parent); err != nil || !info.IsDir() {
		parent = ""
	}
	dir, err := os.MkdirTemp(parent, "redbench-torture-")
	if err != nil {
		return "", fmt.Errorf("making a directory for a schedule: %w", err)
	}
	return dir, nil
}

// copyDir copies what would be on the disk after a power cut: all files but those that only running processes share.
// Nobody may be writing.
func copyDir(to, from string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), "-shm") || strings.HasSuffix(e.Name(), "lock") || e.Name() == "pid" {
			continue
		}
		if err := copyFile(filepath.Join(to, e.Name()), filepath.Join(from, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
