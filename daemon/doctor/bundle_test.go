// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMomentsAndOurOwnIdsAreNotBlottedOut: without them nobody can tell what happened when; numbers of people are, beside them too.
func TestMomentsAndOurOwnIdsAreNotBlottedOut(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-23T00:12:12.123456789Z":                   "2026-11-23T00:12:12.123456789Z",
		"2026-11-23T00:12:12+0000 box":                     "2026-11-23T00:12:12+0000 box",
		"at 2026-11-23 00:12:12 UTC":                       "at 2026-11-23 00:12:12 UTC",
		"since 2026-11-23.":                                "since 2026-11-23.",
		"screen 01990abc-1234-7123-8123-123456789012 left": "screen 01990abc-1234-7123-8123-123456789012 left",
		"2026-11-23 4530121234567":                         "2026-11-23 #######",
		"4111 1111 1111 1111":                              "#######",
		"tel 0171-2345678":                                 "tel #######",
		"20261123001212":                                   "#######",
		"maya@example.com":                                 "…@…",
	} {
		if got := string(blotted([]byte(text))); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// TestABundleTellsWhatSomebodySet and not what has a default; of neither the words.
func TestABundleTellsWhatSomebodySet(t *testing.T) {
	got := Shown(map[string]any{"mqtt": map[string]any{"broker": "tcp://a", "listen": "127.0.0.1:1883", "ca_file": "", "packet": 7}},
		func(key string) bool { return key == "mqtt.broker" })
	want := map[string]any{"mqtt": map[string]any{"broker": "set", "listen": "not set", "ca_file": "not set", "packet": 7}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
