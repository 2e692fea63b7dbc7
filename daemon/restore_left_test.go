// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"redbench/edge/store"
)

// Whoever was forgotten is in what a restore had made ready when the power failed, and nobody else looks there.
func TestAStartClearsWhatARestoreLeft(t *testing.T) {
	state := t.TempDir()
	left := filepath.Join(state, ".restoring-20260101T000000Z")
	if err := errors.Join(os.Mkdir(left, 0o700), os.WriteFile(filepath.Join(left, store.File), []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	release, err := store.Hold(state)
	if err != nil {
		t.Fatal(err)
	}
	if err := finishRestore(state); err == nil {
		t.Error("it was cleared under a restore that is under way")
	}
	if _, err := os.Stat(left); err != nil {
		t.Error(err)
	}
	if err := errors.Join(release(), finishRestore(state)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("it is still there")
	}
}
