// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"runtime"
	"testing"
)

func TestATillDoesNotWaitForAnotherGoroutinesTurn(t *testing.T) {
	before := runtime.GOMAXPROCS(2)
	defer runtime.GOMAXPROCS(before)
	t.Setenv("GOMAXPROCS", "2")
	if shareProcessors(); runtime.GOMAXPROCS(0) != 2 {
		t.Errorf("%d at once, though somebody chose 2", runtime.GOMAXPROCS(0))
	}
	if err := os.Unsetenv("GOMAXPROCS"); err != nil {
		t.Fatal(err)
	}
	if shareProcessors(); runtime.GOMAXPROCS(0) < fewProcessors {
		t.Errorf("%d at once on a machine with 2 processors, want %d", runtime.GOMAXPROCS(0), fewProcessors)
	}
}
