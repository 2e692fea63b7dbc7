// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestAFullDiskIsToldOf by the verb, the status and the doctor, and the tills' checkouts are acknowledged all the same.
func TestAFullDiskIsToldOf(t *testing.T) {
	v := newVictim(t, "")
	if err := os.Mkdir(v.state(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", v.state(), "tmpfs", 0, "size=128m"); err != nil {
		t.Skipf("needs the right to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(v.state(), syscall.MNT_DETACH) })
	v.launch()
	v.checksOut(0, 3)
	for _, verb := range []string{"backup", "status", "doctor"} {
		out, ok := v.typed(verb)
		if ok != (verb == "status") || !strings.Contains(out, "has too little room") || !strings.Contains(out, "make room there") {
			t.Errorf("%s tells %s", verb, out)
		}
	}
	v.checksOut(3, 6)
	v.settle(false, 6)
	if !v.isClear("state/backups") {
		t.Error("something is left of it")
	}
	v.terminate()
}
