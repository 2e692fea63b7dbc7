// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"redbench/edge/backup"
)

// backupSteps are what a backup that is copied to a stick leaves on its way, each a moment to die at.
var backupSteps = []string{
	"state/backups/.making-*", "state/backups/.making-*/store.db", "state/backups/.making-*/keys.json", "state/backups/.checking-*/store.db",
	"state/backups/.making-*/manifest.json", "state/backups/redbench-*", "stick/.making-*", "stick/redbench-*",
}

// lies lists what is at a step that was not there before.
func (v *victim) lies(step string, before []string) (fresh []string) {
	found, _ := filepath.Glob(filepath.Join(v.dir, step))
	for _, each := range found {
		if !slices.Contains(before, each) {
			fresh = append(fresh, each)
		}
	}
	return fresh
}

// backupKilled makes a backup, and kills whoever makes it as soon as it has come to a step: the verb, or the daemon that it asked. It
// reports whether it died on its way.
func (v *victim) backupKilled(step string, kill func(verb *exec.Cmd)) (died bool) {
	v.t.Helper()
	before := v.lies(step, nil)
	verb := exec.Command("redbench", "backup", "--to", filepath.Join(v.dir, "stick"), "--config", v.config())
	if err := verb.Start(); err != nil {
		v.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- verb.Wait() }()
	for ; ; runtime.Gosched() {
		select {
		case err := <-ended:
			return err != nil
		default:
		}
		if len(v.lies(step, before)) > 0 {
			kill(verb)
			return <-ended != nil
		}
	}
}

// wholeBackups checks that each backup that is listed, here and on the stick, has all its parts as they were written.
func (v *victim) wholeBackups(when string) {
	v.t.Helper()
	for _, dir := range []string{filepath.Join(v.state(), "backups"), filepath.Join(v.dir, "stick")} {
		all, err := backup.List(dir, "redbench")
		if err != nil {
			v.t.Fatal(err)
		}
		for _, b := range all {
			for _, part := range b.Parts {
				data, err := os.ReadFile(filepath.Join(b.Path, part.Name))
				if sum := sha256.Sum256(data); err != nil || hex.EncodeToString(sum[:]) != part.SHA256 {
					v.t.Errorf("%s: %s of %s is not whole: %v", when, part.Name, b.Path, err)
				}
			}
		}
		if rotten, unread := backup.Rotten(dir, "redbench"); len(rotten) > 0 || unread != nil {
			v.t.Errorf("%s: %v has a backup's name, %v", when, rotten, unread)
		}
	}
}

// isClear reports whether nothing is left of a backup that died.
func (v *victim) isClear(dir string) bool {
	entries, err := os.ReadDir(filepath.Join(v.dir, dir))
	if err != nil && !os.IsNotExist(err) {
		v.t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), ".") {
			return false
		}
	}
	return true
}

// TestABackupThatIsKilled leaves, wherever it dies, the record as it was and nothing that could be taken for a backup. What is half,
// with people in it, is gone after the next one, which comes to its end.
func TestABackupThatIsKilled(t *testing.T) {
	v := newVictim(t, "")
	v.launch()
	v.imports("29120001,card,Ada", "29120002,card,Grace")
	v.terminate()
	died := 0
	for _, step := range backupSteps {
		if v.backupKilled(step, func(verb *exec.Cmd) { _ = verb.Process.Kill() }) {
			died++
		}
		v.wholeBackups("killed at " + step)
		v.must("customer", "show", "29120001")
		v.must("backup", "--to", filepath.Join(v.dir, "stick"))
		if !v.isClear("state/backups") || !v.isClear("stick") {
			t.Errorf("killed at %s, something is left after the next backup", step)
		}
	}
	t.Logf("of %d backups %d died", len(backupSteps), died)
	if died < len(backupSteps)/2 {
		t.Error("it died too seldom to tell anything")
	}
	v.must("restore", "latest")
	v.must("customer", "show", "29120002")
}

// TestABoxThatIsKilledOverABackup clears at its next start what was being made, and goes on.
func TestABoxThatIsKilledOverABackup(t *testing.T) {
	v := newVictim(t, "")
	v.launch()
	v.imports("29120001,card,Ada", "29120002,card,Grace")
	died := 0
	steps := []string{backupSteps[0], backupSteps[1], backupSteps[3], backupSteps[4]}
	for _, step := range steps {
		if v.backupKilled(step, func(*exec.Cmd) { v.kill() }) {
			died++
		} else {
			v.kill()
		}
		v.wholeBackups("killed at " + step)
		v.launch()
		for deadline := time.Now().Add(30 * time.Second); !v.isClear("state/backups"); runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("killed at %s, something is left after the start", step)
			}
		}
		v.must("customer", "show", "29120001")
		var made backup.Backup
		if err := json.Unmarshal([]byte(v.must("backup", "--json")), &made); err != nil || made.Counts["customers"] != 2 {
			t.Errorf("killed at %s, the next is %+v, %v", step, made, err)
		}
	}
	t.Logf("of %d boxes %d died over it", len(steps), died)
	if died < len(steps)/2 {
		t.Error("it died too seldom to tell anything")
	}
	v.terminate()
}

// TestARottenBackupIsRefused by the verb, whichever part of it rots, and what is there stays.
func TestARottenBackupIsRefused(t *testing.T) {
	v := newVictim(t, "")
	v.launch()
	v.imports("29120001,card,Ada")
	v.terminate()
	path := v.backUp()
	v.imports("29120002,card,Grace")
	for _, part := range []string{"store.db", "keys.json", "manifest.json"} {
		file := filepath.Join(path, part)
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, spoil := range map[string]func() error{
			"a bit of it flips": func() error {
				rotten := slices.Clone(whole)
				rotten[len(rotten)/2] ^= 1
				if part == "manifest.json" { // most of its bits only tell of the backup
					rotten[slices.Index(rotten, '"')] ^= 1
				}
				return os.WriteFile(file, rotten, 0o600)
			},
			"it is cut":  func() error { return os.Truncate(file, int64(len(whole)/2)) },
			"it is gone": func() error { return os.Remove(file) },
		} {
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			out, ok := v.typed("restore", path)
			if ok || !strings.Contains(out, "damaged") && !strings.Contains(out, "is no backup") {
				t.Errorf("%s: %s: %s", part, name, out)
			}
			if err := os.WriteFile(file, whole, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	v.must("customer", "show", "29120002")
	if v.has(".restoring-*") || v.has("restore.json") || v.has("former-*") {
		t.Error("something is left of it")
	}
	v.must("restore", path)
	v.must("customer", "show", "29120001")
}
