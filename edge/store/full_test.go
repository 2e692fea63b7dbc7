// SPDX-License-Identifier: Apache-2.0

//go:build linux

package store

import (
	"encoding/binary"
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"redbench/edge"
	"redbench/edge/disk"
)

// TestFullDisk fills a small disk. The reserve buys time, the error says what is full, nothing acknowledged is lost, and
// the store goes on by itself once there is room.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=12m"); err != nil {
		t.Skipf("needs the right to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	c := newClock()
	s := openStore(t, dir, func(o *Options) { o.Ballast, o.Now = 2<<20, c.Now })
	held := func() bool { return size(filepath.Join(dir, ballastFile)) == 2<<20 }
	given := 0
	for ; held(); given++ {
		commit(t, s, filler(given))
	}
	stays := func(why string) {
		t.Helper()
		if err := s.Upkeep(t.Context()); err != nil {
			t.Error(err)
		}
		if size(filepath.Join(dir, ballastFile)) > 0 {
			t.Error("the reserve took back the room that it gave ", why)
		}
	}
	stays("at once")
	c.add(ballastPause)
	for ; free(t, dir) >= 2*s.opt.Ballast; given++ {
		commit(t, s, filler(given))
	}
	stays("with little more than that free")
	acknowledged, err := fill(s, given)
	var full *FullError
	if !errors.As(err, &full) || !strings.Contains(err.Error(), dir) {
		t.Fatalf("after %d entries: %v", acknowledged, err)
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
	c.add(ballastPause)
	if err := s.Upkeep(t.Context()); err != nil {
		t.Error(err)
	}
	if !held() {
		t.Error("there is no new reserve")
	}
}

func free(t *testing.T, dir string) int64 {
	t.Helper()
	n, err := disk.Free(dir)
	if err != nil {
		t.Fatal(err)
	}
	return n
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
