// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/backup"
)

// TestAFullDiskKeepsNobody: a disk may be full of backups. Those that hold her go when her time is up, all but the latest.
func TestAFullDiskKeepsNobody(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1g"); err != nil {
		t.Skipf("needs the right to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	n := newNight(t, "REDBENCH_BACKUP_AT=", "REDBENCH_BACKUP_DIR="+filepath.Join(dir, "backups"), "REDBENCH_STATE_DIR="+filepath.Join(dir, "state"))
	n.starts("2126-03-01 09:00")
	for range 3 {
		if _, err := n.make(t.Context(), backup.Pace{}); err != nil {
			t.Fatal(err)
		}
	}
	n.forgets("29120001")
	n.at("2126-03-01 09:01")
	fillUp(t, n, dir)
	if why := n.store.Restless(); why != "the disk is full" {
		t.Fatalf("the control: %q", why)
	}
	n.at("2126-03-02 08:59")
	n.stands("a minute before her time is up", 3, 3)
	n.at("2126-03-02 09:00")
	n.stands("when it is up", 1, 1)
}

// fillUp writes until nothing more of the tills' can be kept.
func fillUp(t *testing.T, n *night, dir string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	filler, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = filler.Close() }()
	for err == nil {
		_, err = filler.Write(make([]byte, 1<<20))
	}
	for i := range uint64(100_000) {
		ev := edge.SeenEvent{At: n.now}
		binary.BigEndian.PutUint64(ev.Key[:], i)
		refused := &edge.Refused{ID: uuid.Must(uuid.NewV7()).String(), Reason: "json", Payload: make([]byte, 200_000), At: ev.At}
		if _, err := n.store.Commit(t.Context(), []edge.Entry{{Event: &ev, Refused: refused}}); err != nil {
			return
		}
	}
}
