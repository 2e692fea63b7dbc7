// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"os"
	"path/filepath"
	"testing"

	"redbench/daemon/config"
)

// TestBelowCountsAllFiles: of folders within it too; one that is not there takes nothing.
func TestBelowCountsAllFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "inner"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int{"a": 7, "inner/b": 5} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, n), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := below(dir); err != nil || n != 12 {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := below(filepath.Join(dir, "nothing")); err != nil || n != 0 {
		t.Errorf("of nothing: %d, %v", n, err)
	}
}

// TestTheBoundOfTheDisk is what docs/operations.md says.
func TestTheBoundOfTheDisk(t *testing.T) {
	c := config.Default()
	if got := diskBound(c); got > 24<<30 {
		t.Errorf("by default %d: more than a box with a disk of 32 GB has to spare", got)
	}
	c.Limits.DatabaseMB, c.Backup.Keep = 100, 4
	if got, want := diskBound(c), int64(7*100+512+32)<<20; got != want {
		t.Errorf("%d, want %d", got, want)
	}
	c.Limits.DatabaseMB = 0
	if got := diskBound(c); got != 0 {
		t.Errorf("without a bound: %d", got)
	}
}
