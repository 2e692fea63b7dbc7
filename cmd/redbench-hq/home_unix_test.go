// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"redbench/sync/hq/config"
)

// Root's own directory is closed to the service's user, whom each verb becomes: files there are opened before.
func TestVerbsTakeFilesFromADirectoryThatIsRootsAlone(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	dir := t.TempDir()
	state, home := filepath.Join(dir, "state"), filepath.Join(dir, "home")
	cfg, err := config.Load("", []string{"REDBENCH_HQ_STATE_DIR=" + state}, nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := openOffice(t.Context(), cfg, newLogger(cfg.Log, &bytes.Buffer{}))
	if err != nil || made.Close() != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.CopyFS(home, os.DirFS("../../edge/playbook/testdata")), os.Chmod(home, 0o700), os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755),
		os.WriteFile(filepath.Join(home, "customers.csv"), []byte("identifier,kind,name\n29120001,card,Ada\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(state, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, state) {
		if err := os.Chown(file, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	for _, verb := range [][]string{{"import", "customers", "customers.csv"}, {"playbook", "publish", "small.toml"}, {"export", "all.jsonl"}, {"backup", "--to", "stick"}} {
		command := exec.CommandContext(t.Context(), "redbench-hq", append(verb, "--state-dir", state)...)
		command.Dir = home
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v: %v: %s", verb, err, out)
		}
	}
	if raw, err := os.ReadFile(filepath.Join(home, "all.jsonl")); err != nil || !strings.Contains(string(raw), "Ada") {
		t.Errorf("exported %q, %v", raw, err)
	}
	if copies, err := filepath.Glob(filepath.Join(home, "stick", "redbench-hq-*", "hq.db")); err != nil || len(copies) != 1 {
		t.Errorf("copied %v, %v", copies, err)
	}
}
