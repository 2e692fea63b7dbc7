// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"os"
	"path/filepath"
	"testing"
)

func lay(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatAnUpgradeKeptAsideIsPutBackOnceAndOnlyWhileNothingWasHeard(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, map[string]string{"store.db": "new", "store.db-wal": "of new", "keys.json": "new", "former/store.db": "old", "former/keys.json": "old",
		swapFile: `{"new":"former","former":"former-refused-1","in":["store.db","keys.json"],"out":["store.db-wal","store.db","keys.json"]}`})
	if err := Settled(dir); err != nil || !exists(filepath.Join(dir, "former/store.db")) {
		t.Fatalf("what has still to be put back was taken away (%v)", err)
	}
	if err := Finish(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"store.db", "keys.json"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != "old" {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
	if exists(filepath.Join(dir, "store.db-wal")) || exists(filepath.Join(dir, upgraded)) || Unfinished(dir) {
		t.Error("the refused version's journal, or what was put back, is left")
	}
	if err := Heard(dir); err != nil || exists(filepath.Join(dir, upgraded)) {
		t.Errorf("noted where nothing is aside (%v)", err)
	}
	lay(t, dir, map[string]string{"former/store.db": "old", "former-20260101T000000Z/store.db": "an operator's"})
	if err := Heard(dir); err != nil || !exists(filepath.Join(dir, upgraded, heardFile)) {
		t.Errorf("not noted (%v)", err)
	}
	if err := Settled(dir); err != nil || exists(filepath.Join(dir, upgraded)) || exists(filepath.Join(dir, "former-refused-1")) {
		t.Errorf("somebody is still kept aside (%v)", err)
	}
	if !exists(filepath.Join(dir, "former-20260101T000000Z")) {
		t.Error("what a restore replaced is gone too")
	}
}
