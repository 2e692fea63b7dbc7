// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// small mounts a small file system of its own on a directory, and gives how to change its size.
func small(t *testing.T, dir string, kib int) (resize func(kib int)) {
	t.Helper()
	set := func(flags uintptr, kib int) error {
		return syscall.Mount("tmpfs", dir, "tmpfs", flags, fmt.Sprintf("size=%dk", kib))
	}
	if err := set(0, kib); err != nil {
		t.Skipf("needs the right to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return func(kib int) {
		t.Helper()
		if err := set(syscall.MS_REMOUNT, kib); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAStickThatIsTooSmall gets nothing, and says what is full.
func TestAStickThatIsTooSmall(t *testing.T) {
	b := made(t, keeper(t, shop(t, strings.Repeat("Ada", 300_000))))
	stick := t.TempDir()
	small(t, stick, 512)
	h, err := Hold(b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	if _, err := h.CopyTo(t.Context(), stick); err == nil || !strings.Contains(err.Error(), "copying the backup to "+stick) || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("told %v", err)
	}
	if got := inDir(t, stick); !slices.Equal(got, []string{lockFile}) {
		t.Errorf("on the stick is %q", got)
	}
}

// TestADiskThatFillsMeanwhile: a real one, which has room for the older backup, and for some of what the next needs at each step of it.
func TestADiskThatFillsMeanwhile(t *testing.T) {
	state := shop(t, strings.Repeat("Ada", 300_000))
	k := keeper(t, state)
	k.Dir = t.TempDir()
	resize := small(t, k.Dir, 1<<16)
	old := made(t, k)
	used, failed := int(old.Bytes>>10)+12, 0
	for room := 8; ; room += 104 { // the database has some 900 kB, and is there twice for a while
		resize(used + room)
		b, err := k.Make(t.Context(), Pace{Spare: 1, Free: func(string) (int64, error) { return 1 << 40, nil }})
		if err == nil {
			if b, err = Read(b.Path); err != nil || len(b.Parts) != 2 {
				t.Errorf("made %+v, %v", b, err)
			}
			break
		}
		failed++
		if text := err.Error(); !strings.Contains(text, "full") && !strings.Contains(text, "no space left") {
			t.Errorf("with %d kB: told %v", room, err)
		}
		if got := inDir(t, k.Dir); !slices.Equal(got, []string{lockFile, old.Name}) {
			t.Fatalf("with %d kB: there is %q", room, got)
		}
	}
	t.Logf("failed %d times on its way", failed)
	if failed < 8 {
		t.Error("too seldom to tell anything")
	}
	if who, err := put(t, old.Path); err != nil || len(who) != 1 || len(who[0]) != 900_000 {
		t.Errorf("the older one holds %d, %v", len(who), err)
	}
	if info, err := os.Stat(filepath.Join(k.Dir, old.Name)); err != nil || !info.IsDir() {
		t.Error(err)
	}
}
