// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// KeptOut tells why a service may not write a directory, whatever its rights: what a process of it sees there now, and where
// none runs what the unit says. nil: it may, or nobody can tell.
func (u Unit) KeptOut(pid int, dir string) error {
	if pid == 0 {
		pid = u.PID
	}
	if pid == 0 {
		return u.closed(dir)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil // its rights tell
	}
	var st unix.Statfs_t
	switch err := unix.Statfs(fmt.Sprintf("/proc/%d/root%s", pid, real), &st); {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("it sees no such directory")
	case err == nil && st.Flags&unix.ST_RDONLY != 0:
		return errors.New("it is read-only for it")
	}
	return nil
}

func (u Unit) closed(dir string) error {
	if !u.Strict {
		return nil
	}
	all := " " + u.Writable + " "
	for at := dir; ; at = filepath.Dir(at) {
		for _, said := range []string{at, "-" + at, quoted(at), quoted("-" + at)} {
			if strings.Contains(all, " "+said+" ") {
				return nil
			}
		}
		if at == filepath.Dir(at) {
			return errors.New("its unit does not let it")
		}
	}
}

// quoted is how systemctl shows a path with a blank, and some do not.
func quoted(path string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(path) + `"`
}
