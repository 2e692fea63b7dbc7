// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
