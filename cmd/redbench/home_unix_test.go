// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Root's own directory is closed to the box's user, whom each verb becomes where no box runs; what is typed there is root's.
func TestFilesInADirectoryThatIsRootsAlone(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	dir := t.TempDir()
	state, home, file := filepath.Join(dir, "state"), filepath.Join(dir, "home"), filepath.Join(dir, "rb.toml")
	if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755), os.Mkdir(home, 0o700),
		os.WriteFile(filepath.Join(home, "customers.csv"), []byte("identifier,kind,name\n29120001,card,Ada\n"), 0o600),
		os.WriteFile(file, []byte("[state]\ndir = 'state'\n[ui]\nlisten = \"127.0.0.1:0\"\n[mqtt]\nlisten = \"127.0.0.1:0\"\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	runBox(t, file)()
	err := filepath.WalkDir(state, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, 65534, 65534))
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range [][]string{{"import", "customers", "customers.csv"}, {"export", "customers", "all.jsonl"}, {"export", "customer", "29120001", "--to", "ada.json"},
		{"backup", "--to", "stick"}, {"support-bundle", "-o", "bundle.tar.gz"}} {
		command := exec.CommandContext(t.Context(), "redbench", append(verb, "--config", file)...)
		command.Dir = home
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v: %v: %s", verb, err, out)
		}
	}
	copies, err := filepath.Glob(filepath.Join(home, "stick", "redbench-*"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("copied %v, %v", copies, err)
	}
	restore := exec.CommandContext(t.Context(), "redbench", "restore", copies[0], "--config", file)
	if out, err := restore.CombinedOutput(); err != nil {
		t.Errorf("restore: %v: %s", err, out)
	}
}
