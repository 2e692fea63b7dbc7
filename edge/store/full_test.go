// SPDX-License-Identifier: Apache-2.0

//go:build linux

package store

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"redbench/edge"
)

// TestFullDisk fills a small disk. The reserve buys time, the error says what is full, nothing acknowledged is lost, and
// the store goes on by itself once there is room.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=12m"); err != nil {
		t.Skipf("needs the right to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	s := openStore(t, dir, func(o *Options) { o.Ballast = 2 << 20 })
	acknowledged, err := fill(s, 0)
	var full *FullError
	if !errors.As(err, &full) || !strings.Contains(err.Error(), dir) {
		t.Fatalf("after %d entries: %v", acknowledged, err)
	}
	if _, err := os.Stat(filepath.Join(dir, ballastFile)); err == nil {
		t.Error("the reserve was not given up")
	}
	if err := s.Ready(t.Context()); err == nil {
		t.Error("ready with a full disk")
	}
	var n int
	if err := s.read.QueryRow(`SELECT count(*) FROM events`).Scan(&n); err != nil || n != acknowledged {
		t.Fatalf("%d acknowledged, %d kept, %v", acknowledged, n, err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=24m"); err != nil {
		t.Fatal(err)
	}
	commit(t, s, filler(acknowledged))
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if err := s.Upkeep(t.Context()); err != nil {
		t.Error(err)
	}
	if size(filepath.Join(dir, ballastFile)) != 2<<20 {
		t.Error("there is no new reserve")
	}
}

func fill(s *Store, from int) (acknowledged int, err error) {
	for acknowledged = from; acknowledged < 100_000; acknowledged++ {
		if _, err := s.Commit(tctx, []edge.Entry{filler(acknowledged)}); err != nil {
			return acknowledged, err
		}
	}
	return acknowledged, nil
}

func filler(i int) edge.Entry {
	ev := edge.SeenEvent{At: newClock().now}
	binary.BigEndian.PutUint64(ev.Key[:], uint64(i))
	return edge.Entry{Event: &ev, Refused: &edge.Refused{ID: newID(), Reason: "json", Payload: append(make([]byte, 2000), ev.Key[:]...), At: ev.At}}
}
