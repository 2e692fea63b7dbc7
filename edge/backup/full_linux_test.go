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

// TestADiskThatFillsMeanwhile: a real one, which has room for the older backup, and for some of what the next needs at each step of it.
func TestADiskThatFillsMeanwhile(t *testing.T) {
	state := shop(t, strings.Repeat("Ada", 300_000))
	k := keeper(t, state)
	k.Dir = t.TempDir()
	resize := func(flags uintptr, kib int) error {
		return syscall.Mount("tmpfs", k.Dir, "tmpfs", flags, fmt.Sprintf("size=%dk", kib))
	}
	if err := resize(0, 1<<16); err != nil {
		t.Skipf("needs the right to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(k.Dir, syscall.MNT_DETACH) })
	old := made(t, k)
	used, failed := int(old.Bytes>>10)+12, 0
	for room := 8; ; room += 104 { // the database has some 900 kB, and is there twice for a while
		if err := resize(syscall.MS_REMOUNT, used+room); err != nil {
			t.Fatal(err)
		}
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
