// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Below tells whether a directory is another, or within it, by its name.
func Below(dir, above string) bool {
	rel, err := filepath.Rel(above, dir)
	return err == nil && filepath.IsLocal(rel)
}

// CannotWrite tells why a service, as it runs or would be started, cannot write in a directory, and who its user is: whom the
// service manager names, else whose its state directory is. nil: it can, or nobody can tell. pid is a process of it; 0: the
// service manager knows.
func CannotWrite(ctx context.Context, service, state, dir string, pid int) (user string, why error) {
	unit, known := ServiceUnit(ctx, service)
	if known = known && unit.Load == "loaded"; known && unit.User != "" {
		user = unit.User
	} else if info, err := os.Stat(state); err == nil {
		user = Owner(info)
	}
	if user == "" {
		return user, nil
	}
	_, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return user, nil // whoever asks may not look
	case errors.Is(err, fs.ErrNotExist):
		if MayWrite(user, filepath.Dir(dir)) != nil {
			return user, errors.New("it is not there")
		}
	case err != nil:
		return user, err
	default:
		if err := MayWrite(user, dir); err != nil {
			return user, err
		}
	}
	if !known && pid == 0 {
		return user, nil
	}
	return user, unit.KeptOut(pid, dir)
}
