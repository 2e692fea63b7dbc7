// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestWhatIsNotThereYetIsOnTheDiskAboveIt(t *testing.T) {
	state := t.TempDir()
	link, astray := filepath.Join(state, "link"), filepath.Join(state, "astray")
	for from, to := range map[string]string{link: "/proc", astray: filepath.Join(state, "gone")} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	for dir, same := range map[string]bool{
		state:                                  true,
		filepath.Join(state, "backups"):        true,
		filepath.Join(state, "not", "yet"):     true,
		filepath.Join(state, "..", "backups"):  true,
		filepath.Join(astray, "backups"):       true,
		"/proc":                                false,
		"/proc/none/here":                      false,
		link:                                   false,
		filepath.Join(link, "none", "backups"): false,
	} {
		if SameDisk(dir, state) != same || SameDisk(state, dir) != same {
			t.Errorf("%s and %s: %v", dir, state, !same)
		}
	}
}

// Where a disk was to be mounted, backups come to the one below it, whatever the setting names.
func TestADiskThatIsNotMountedIsTheOneBelow(t *testing.T) {
	top := t.TempDir()
	state, disk := filepath.Join(top, "state"), filepath.Join(top, "disk")
	for _, each := range []string{state, disk} {
		if err := os.Mkdir(each, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	backups := filepath.Join(disk, "backups")
	if !SameDisk(backups, state) {
		t.Error("before it is mounted: another disk")
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("needs the right to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	if SameDisk(backups, state) || SameDisk(disk, state) {
		t.Error("while it is mounted: the same disk")
	}
	if err := syscall.Unmount(disk, 0); err != nil {
		t.Fatal(err)
	}
	if !SameDisk(backups, state) {
		t.Error("when it was taken away: another disk")
	}
}

func TestBelowGoesByTheWholeName(t *testing.T) {
	for dir, below := range map[string]bool{
		"/var/lib/redbench":              true,
		"/var/lib/redbench/":             true,
		"/var/lib/redbench/backups":      true,
		"/var/lib/redbench/..backups":    true,
		"/var/lib/../lib/redbench/b":     true,
		"/var/lib/redbench-backups":      false,
		"/var/lib":                       false,
		"/":                              false,
		"/var/lib/redbench/../elsewhere": false,
		"/mnt/backups":                   false,
		"backups":                        false,
	} {
		if Below(dir, "/var/lib/redbench") != below {
			t.Errorf("%s: %v", dir, !below)
		}
	}
}
