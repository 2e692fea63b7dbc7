// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"testing"
)

func TestWhatOthersWroteCannotSteerTheTerminal(t *testing.T) {
	got := Visible("a\x1b[2Jb\u202ec\nd")
	if strings.ContainsAny(got, "\x1b\n\u202e") || !strings.Contains(got, "b") {
		t.Errorf("got %q", got)
	}
}

func TestNumbersAreReadable(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := Grouped(n); got != want {
			t.Errorf("%d reads %s, want %s", n, got, want)
		}
	}
	for bytes, want := range map[int64]string{12: "12 B", 2048: "2.0 KiB", 3 << 20: "3.0 MiB", 21024 << 20: "20.5 GiB"} {
		if got := Size(bytes); got != want {
			t.Errorf("%d reads %s, want %s", bytes, got, want)
		}
	}
}
