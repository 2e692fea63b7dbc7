// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// InUseError says that another process holds the state directory.
type InUseError struct {
	Dir string
	PID int // of the holder; 0 where it could not be read
}

// Error names the holder and what to do.
func (e *InUseError) Error() string {
	who := "another redbench"
	if e.PID != 0 {
		who = fmt.Sprintf("another redbench (process %d)", e.PID)
	}
	return fmt.Sprintf("state directory %q is in use by %s: stop it first, or give this one a [state] dir of its own", e.Dir, who)
}

// lock keeps a second process out of the state directory. The kernel gives it back when the process dies, however it
// dies; the number in the file is only for the message.
type lock struct{ file *flock.Flock }

func takeLock(dir string) (*lock, error) {
	path := filepath.Join(dir, "lock")
	file := flock.New(path, flock.SetPermissions(0o600))
	got, err := file.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking the state directory: %w", err)
	}
	pidPath := filepath.Join(dir, "pid")
	if !got {
		return nil, &InUseError{Dir: dir, PID: readPID(pidPath)}
	}
	// Not in the lock file itself: Windows lets nobody read what is locked.
	if err := os.WriteFile(pidPath, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("locking the state directory: %w", err)
	}
	return &lock{file: file}, nil
}

func readPID(path string) int {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 0
	}
	return pid
}

func (l *lock) release() error { return l.file.Unlock() }
