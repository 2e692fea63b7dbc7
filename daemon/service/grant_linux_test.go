// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The drop-in comes with the key, changes with it and goes with it, and is left alone while it says what it should.
func TestWhereBackupsLieTheServiceMayWrite(t *testing.T) {
	top := t.TempDir()
	file := filepath.Join(top, "redbench.service.d", "redbench-backups.conf")
	steps := []struct {
		backups, want string
		changed       bool
	}{
		{"", "", false},
		{dir + "/elsewhere", "", false},
		{"/mnt/none/here", `ReadWritePaths="-/mnt/none/here"`, true},
		{"/mnt/none/here/", `ReadWritePaths="-/mnt/none/here"`, false},
		{"/srv/none/there", `ReadWritePaths="-/srv/none/there"`, true},
		{"", "", true},
		{"", "", false},
	}
	for i, s := range steps {
		o := Options{Executable: exe, Config: "/etc/redbench/redbench.toml", StateDir: dir, BackupDir: s.backups}
		before, _ := os.ReadFile(file)
		g, err := grant(o, true, file)
		if after, _ := os.ReadFile(file); err != nil || g.Changed != s.changed || string(after) != string(before) {
			t.Errorf("step %d, dry: %+v, %v", i, g, err)
		}
		g, err = grant(o, false, file)
		if err != nil || g.Changed != s.changed || (g.Dir == "") != (s.want == "") {
			t.Errorf("step %d: %+v, %v", i, g, err)
		}
		text, _ := os.ReadFile(file)
		if s.want == "" && len(text) > 0 || s.want != "" && !strings.HasSuffix(string(text), "[Service]\n"+s.want+"\n") {
			t.Errorf("step %d: it says %q", i, text)
		}
		if s.want != "" && (g.But == "") {
			t.Errorf("step %d: nobody says that %s is not there", i, s.backups)
		}
	}
	if left, _ := os.ReadDir(top); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// A value that a unit cannot hold, or that would open more than a directory for backups, is refused before anything is written.
func TestAHostileBackupDirectoryIsRefused(t *testing.T) {
	for value, want := range map[string]string{
		"backups":                         "absolute",
		"/mnt/b\n[Service]\nUser=root":    "cannot stand",
		"/mnt/b\x7f":                      "cannot stand",
		"/mnt/\xff":                       "cannot stand",
		"/":                               "holds the state directory",
		"/var/lib/redbench/..":            "holds the state directory",
		"/home/jo/backups":                "no access to /home",
		"/tmp":                            "no access to /tmp",
		"/etc/redbench":                   "the system's",
		"/mnt/../usr/lib/systemd/backups": "the system's",
	} {
		file := filepath.Join(t.TempDir(), "d", "backups.conf")
		_, err := grant(Options{StateDir: dir, BackupDir: value}, false, file)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "[backup] dir: ") {
			t.Errorf("%q: %v", value, err)
		}
		if _, err := os.Stat(filepath.Dir(file)); err == nil {
			t.Errorf("%q: something was written", value)
		}
	}
}

// Spaces, quotes, percent signs and backslashes come through systemd as they are.
func TestSystemdReadsTheBackupDirectory(t *testing.T) {
	want := "[Service]\nReadWritePaths=\"-/mnt/100%% of \\\"it\\\" \\\\ ' ; $x\"\n"
	text := dropIn(`/mnt/100% of "it" \ ' ; $x`)
	if !strings.HasSuffix(text, want) {
		t.Errorf("it says %q, want %q", text, want)
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("needs systemd-analyze")
	}
	path := filepath.Join(t.TempDir(), "redbench.service")
	unit := Unit(Options{Executable: "/bin/true", Config: "/etc/hostname", StateDir: dir}) + text[strings.Index(text, "[Service]"):]
	if err := os.WriteFile(path, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", path).CombinedOutput()
	if err != nil || strings.Contains(string(out), "redbench.service:") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// A fresh disk is given to the service, and what belongs to somebody, holds something or is open to everybody is left.
func TestAnEmptyDirectoryOfRootsIsGiven(t *testing.T) {
	top := rooted(t)
	disk, full, open, fresh := filepath.Join(top, "disk"), filepath.Join(top, "full"), filepath.Join(top, "open"), filepath.Join(top, "fresh")
	for _, each := range []string{filepath.Join(disk, "lost+found"), filepath.Join(full, "photos"), open} {
		if err := os.MkdirAll(each, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	for each, given := range map[string]bool{disk: true, fresh: true, full: false, open: false} {
		for again := range 2 {
			if changed, err := nobody.adopt(each); err != nil || changed != (again == 0 && given) {
				t.Errorf("%s: changed %v, %v", each, changed, err)
			}
		}
		if owner := ownerOf(t, each); (owner == nobody.uid) != given {
			t.Errorf("%s belongs to %d", each, owner)
		}
	}
	if _, err := nobody.adopt(filepath.Join(top, "unmounted", "backups")); err == nil || !strings.Contains(err.Error(), "mounted") {
		t.Errorf("below what is not there: %v", err)
	}
}

// Beside the system's own directories one that was just made is nobody else's yet.
func TestOfTheTopmostOnlyWhatIsMadeIsGiven(t *testing.T) {
	_ = rooted(t)
	dir, err := os.MkdirTemp("/", "redbench-test-")
	if err != nil {
		t.Skipf("needs to write in /: %v", err)
	}
	t.Cleanup(func() { _ = os.Remove(dir) })
	if changed, err := nobody.adopt(dir); err != nil || changed || ownerOf(t, dir) != 0 {
		t.Errorf("one that was there: changed %v, %v, and it belongs to %d", changed, err, ownerOf(t, dir))
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if changed, err := nobody.adopt(dir); err != nil || !changed || ownerOf(t, dir) != nobody.uid {
		t.Errorf("one that was made: changed %v, %v, and it belongs to %d", changed, err, ownerOf(t, dir))
	}
}

// A running service does not see what was made since its start: whoever starts it anew for what changed must be told.
func TestADirectoryThatIsMadeAndNotGivenIsAChange(t *testing.T) {
	top := rooted(t)
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	none := syscall.Rlimit{Max: was.Max} // nothing can be opened any more
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	changed, err := nobody.adopt(filepath.Join(top, "fresh"))
	if restored := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &was); restored != nil {
		t.Fatal(restored)
	}
	if !errors.Is(err, syscall.EMFILE) || !changed || ownerOf(t, filepath.Join(top, "fresh")) != 0 {
		t.Errorf("changed %v, %v", changed, err)
	}
	if changed, err := nobody.adopt(filepath.Join(top, "fresh")); err != nil || !changed {
		t.Errorf("it is not given later: changed %v, %v", changed, err)
	}
}
