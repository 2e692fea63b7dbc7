// SPDX-License-Identifier: Apache-2.0

package service

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// A fresh disk is given to the service, and what belongs to somebody or holds something is left.
func TestAnEmptyDirectoryOfRootsIsGiven(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	// Below /var/lib, since a directory below /tmp, where everybody may write, is given to nobody.
	top, err := os.MkdirTemp("/var/lib", "redbench-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	if err := os.Chmod(top, 0o755); err != nil {
		t.Fatal(err)
	}
	to := heir{"nobody", 65534, 65534}
	owner := func(dir string) int {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		return int(stat(info).Uid)
	}
	disk, full := filepath.Join(top, "disk"), filepath.Join(top, "full")
	for _, each := range []string{filepath.Join(disk, "lost+found"), filepath.Join(full, "photos")} {
		if err := os.MkdirAll(each, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	fresh := filepath.Join(top, "fresh")
	for _, each := range []string{disk, fresh, full} {
		for again := range 2 {
			if changed, err := to.adopt(each); err != nil || changed != (again == 0 && each != full) {
				t.Errorf("%s: changed %v, %v", each, changed, err)
			}
		}
	}
	if owner(disk) != to.uid || owner(fresh) != to.uid || owner(full) != 0 {
		t.Errorf("they belong to %d, %d, %d", owner(disk), owner(fresh), owner(full))
	}
	if _, err := to.adopt(filepath.Join(top, "unmounted", "backups")); err == nil || !strings.Contains(err.Error(), "mounted") {
		t.Errorf("below what is not there: %v", err)
	}
}
