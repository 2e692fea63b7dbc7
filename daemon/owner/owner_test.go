// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"path/filepath"
	"testing"
)

// A box may be enrolled before its first start.
func TestADirectoryThatIsStillToBeMadeHasNoOwner(t *testing.T) {
	if err := Become(filepath.Join(t.TempDir(), "state")); err != nil {
		t.Error(err)
	}
}
