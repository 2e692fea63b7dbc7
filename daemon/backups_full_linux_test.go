// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"redbench/daemon/control"
	"redbench/edge/disk"
)

// smallDisk is a directory on a file system of its own, whose size can be changed.
func smallDisk(t *testing.T) (dir string, resize func(mib int64)) {
	t.Helper()
	dir = t.TempDir()
	set := func(flags uintptr, mib int64) error {
		return syscall.Mount("tmpfs", dir, "tmpfs", flags, fmt.Sprintf("size=%dm", mib))
	}
	if err := set(0, 1024); err != nil {
		t.Skipf("needs the right to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir, func(mib int64) {
		t.Helper()
		if err := set(syscall.MS_REMOUNT, mib); err != nil {
			t.Fatal(err)
		}
	}
}

func freeMiB(t *testing.T, dir string) int64 {
	t.Helper()
	n, err := disk.Free(dir)
	if err != nil {
		t.Fatal(err)
	}
	return n >> 20
}

// TestADiskWithoutRoomForABackup: it is refused and says what to do, leaves nothing, takes no older one, and the tills go on.
func TestADiskWithoutRoomForABackup(t *testing.T) {
	dir, resize := smallDisk(t)
	r := start(t, dir, nil)
	r.imports(control.ImportCustomers, people)
	older, err := r.box.Backup(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	resize(1024 - freeMiB(t, dir) + 100)
	_, err = r.box.Backup(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "has too little room") || !strings.Contains(err.Error(), "make room there") {
		t.Errorf("told %v", err)
	}
	var names []string
	entries, err := os.ReadDir(filepath.Join(dir, "backups"))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if err != nil || !slices.Equal(names, []string{".lock", older.Name}) {
		t.Errorf("there is %q, %v", names, err)
	}
	if s, err := r.box.Status(t.Context()); err != nil || s.Backup.Count != 1 || !strings.Contains(s.Backup.Error, "too little room") {
		t.Errorf("status tells %+v, %v", s.Backup, err)
	}
	screen := r.screen("1")
	r.till("1").card("6001002003004") // returns once it is acknowledged
	if p := screen.next("prompt"); p.Who.Name != "Maya" {
		t.Errorf("the screen shows %+v", p.Who)
	}
	resize(1024)
	if _, err := r.box.Backup(t.Context(), nil); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if s, err := r.box.Status(t.Context()); err != nil || s.Backup.Count != 2 || s.Backup.Error != "" {
		t.Errorf("then status tells %+v, %v", s.Backup, err)
	}
}
