// SPDX-License-Identifier: Apache-2.0

package edge

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"listen", "locale", "playbook"}
	for _, c := range []struct {
		name, best string
		letters    int
	}{
		{"listen", "listen", 0}, {"Listen", "listen", 0}, {"lsten", "listen", 1}, {"lokale", "locale", 1}, {"plybok", "playbook", 2},
	} {
		if best, letters := Nearest(c.name, known); best != c.best || letters != c.letters {
			t.Errorf("%s: %q at %d letters, want %q at %d", c.name, best, letters, c.best, c.letters)
		}
	}
	if best, _ := Nearest("anything", nil); best != "" {
		t.Errorf("nearest of nothing: %q", best)
	}
}
