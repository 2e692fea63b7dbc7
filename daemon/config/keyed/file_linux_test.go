// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestAFileThatIsKeptFromThisUserIsNotWrong: nothing in it is to be mended, and sudo helps.
func TestAFileThatIsKeptFromThisUserIsNotWrong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "redbench.toml")
	if err := os.WriteFile(path, nil, 0); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread that is somebody else ends with this
		_ = syscall.Setfsuid(65534)
		_, _, err := Open(path, "")
		done <- err
	}()
	err := <-done
	var wrong *Error
	if !errors.Is(err, ErrNotAllowed) || errors.As(err, &wrong) || !strings.Contains(err.Error(), "may not read "+path+": try it with sudo") {
		t.Errorf("%v", err)
	}
}
