// SPDX-License-Identifier: Apache-2.0

package needle

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestAScanFindsANeedleWhereverItLies(t *testing.T) {
	n := New()
	n.Text("Quastenflosser")
	n.Bytes(Hash, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9})
	hay := make([]byte, 3*window)
	for _, at := range []int{0, window - 3, window + longest - 1, window + longest, 2*window - 8, len(hay) - 14} {
		text := bytes.Clone(hay)
		copy(text[at:], "Quastenflosser")
		found, err := n.Read(bytes.NewReader(text))
		if err != nil || found[ClearText] != 1 || found.Total() != 1 {
			t.Errorf("at %d: %v %v", at, found, err)
		}
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"a": "xx010203040506070809xx", "b/c": "\x01\x02\x03\x04\x05\x06\x07\x08\x09", "d": "AQIDBAUGBwgJ"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := n.Dir(dir); err != nil || found[Hash] != 3 || found.Total() != 3 {
		t.Errorf("%v %v", found, err)
	}
}
