// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"slices"
	"strings"
	"testing"
)

// A running box is restarted for a backup directory of its own once, and told of it in a dry run.
func TestTheServiceIsLetIntoTheBackupDirectoryOnce(t *testing.T) {
	b := newBench(t)
	w := b.wish(harbour, "")
	if _, err := b.run(w); err != nil {
		t.Fatal(err)
	}
	backups := func(dry bool) (text string, changed, restarted bool) {
		t.Helper()
		w.DryRun, b.machine.told = dry, nil
		r, err := b.run(w)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Steps {
			if s.Step == "backups" {
				text = s.Text
			}
		}
		return text, r.Changed, slices.Contains(b.machine.told, "restart")
	}
	b.machine.backups = "/mnt/backups"
	if text, changed, restarted := backups(true); !strings.Contains(text, "would let the service write in /mnt/backups") || !changed || restarted || b.machine.granted != "" {
		t.Errorf("dry: %q, changed %v, restarted %v", text, changed, restarted)
	}
	if text, changed, restarted := backups(false); !strings.Contains(text, "may write in /mnt/backups, by") || !changed || !restarted {
		t.Errorf("%q, changed %v, restarted %v", text, changed, restarted)
	}
	if text, changed, restarted := backups(false); !strings.Contains(text, "already") || changed || restarted {
		t.Errorf("again: %q, changed %v, restarted %v", text, changed, restarted)
	}
	b.machine.backups = ""
	if text, changed, _ := backups(false); !strings.Contains(text, "is gone") || !changed {
		t.Errorf("emptied: %q, changed %v", text, changed)
	}
	if text, changed, _ := backups(false); text != "" || changed {
		t.Errorf("emptied, again: %q, changed %v", text, changed)
	}
}
