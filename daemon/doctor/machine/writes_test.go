// SPDX-License-Identifier: Apache-2.0

//go:build linux

package machine

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What the unit leaves writable is read from systemd's own words: a dash before a path, blanks within, what is above it.
func TestAStoppedUnitTellsWhatItMayWrite(t *testing.T) {
	u := parseUnit("LoadState=loaded\nProtectSystem=strict\nReadWritePaths=/srv/a -/mnt/back ups \"-/mnt/a \\\"b\\\" \\\\ c\"\nMainPID=0\n", time.Hour)
	for dir, may := range map[string]bool{"/srv/a": true, "/srv/a/b": true, "/mnt/back ups": true, `/mnt/a "b" \ c/d`: true, "/mnt/backup": false, "/srv": false, "/mnt/other": false} {
		if err := u.KeptOut(0, dir); (err == nil) != may {
			t.Errorf("%s: %v", dir, err)
		}
	}
	open := parseUnit("LoadState=loaded\nProtectSystem=full\nMainPID=0\n", time.Hour)
	if err := open.KeptOut(0, "/mnt/other"); err != nil {
		t.Errorf("nothing is kept from it: %v", err)
	}
}

// A process tells for itself: here what everybody sees of this machine.
func TestARunningProcessTellsWhatItSees(t *testing.T) {
	if err := (Unit{Strict: true}).KeptOut(os.Getpid(), t.TempDir()); err != nil {
		t.Errorf("it may write there: %v", err)
	}
	raw, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) > 3 && strings.HasPrefix(f[3], "ro,") {
			if info, err := os.Stat(f[1]); err != nil || !info.IsDir() {
				continue
			}
			if err := (Unit{}).KeptOut(os.Getpid(), f[1]); err == nil || !strings.Contains(err.Error(), "read-only") {
				t.Errorf("%s: %v", f[1], err)
			}
			return
		}
	}
	t.Skip("nothing is mounted read-only here")
}

// Without a service manager, the rights of the state directory's owner tell.
func TestARightMissingIsTold(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	// Below /var/lib, where everybody may pass.
	top, err := os.MkdirTemp("/var/lib", "redbench-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	state, dir := filepath.Join(top, "state"), filepath.Join(top, "backups")
	if err := errors.Join(os.Chmod(top, 0o755), os.Mkdir(state, 0o700), os.Chown(state, 65534, 65534)); err != nil || nobody.Uid != "65534" {
		t.Skip(err)
	}
	look := func() string {
		name, err := CannotWrite(t.Context(), "redbench-none", state, dir, 0)
		if name != "nobody" {
			t.Errorf("it is %q", name)
		}
		if err == nil {
			return ""
		}
		return err.Error()
	}
	if said := look(); said != "it is not there" {
		t.Errorf("absent: %q", said)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if said := look(); !strings.Contains(said, "keeps nobody out") {
		t.Errorf("root's: %q", said)
	}
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if said := look(); said != "" {
		t.Errorf("its own: %q", said)
	}
}
