// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatOthersWroteCannotSteerTheTerminal(t *testing.T) {
	got := visible("a\x1b[2Jb\u202ec\nd")
	if strings.ContainsAny(got, "\x1b\n\u202e") || !strings.Contains(got, "b") {
		t.Errorf("got %q", got)
	}
}

func TestNumbersAreReadable(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := grouped(n); got != want {
			t.Errorf("%d reads %s, want %s", n, got, want)
		}
	}
	for bytes, want := range map[int64]string{12: "12 B", 2048: "2.0 KiB", 3 << 20: "3.0 MiB"} {
		if got := size(bytes); got != want {
			t.Errorf("%d reads %s, want %s", bytes, got, want)
		}
	}
}

func TestALogFileNeverGrowsBeyondItsMost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "redbench.log")
	log, err := openRotating(path, 100)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("x", 29) + "\n"
	for range 10 {
		if _, err := log.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int64{path: 30, path + ".old": 90} {
		info, err := os.Stat(name)
		if err != nil || info.Size() != want {
			t.Errorf("%s: %v, %v, want %d bytes", name, info, err, want)
		}
	}
	again, err := openRotating(path, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.size != 30 {
		t.Errorf("a restart forgot what the file holds: %d", again.size)
	}
}
