// SPDX-License-Identifier: Apache-2.0

package nspawn

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// prefix begins the name of each run's directory and machine.
const prefix = "redbench-machine-"

// Run is a directory for one run, which is held by a lock as long as the run lives.
type Run struct {
	Path string
	lock *flock.Flock
}

// NewRun makes a directory below base, on a real disk, after it has cleared away what runs that were killed left there.
func NewRun(base string) (*Run, error) {
	if err := os.MkdirAll(base, 0o755); err != nil {
		return nil, fmt.Errorf("making a place for machines: %w", err)
	}
	one := flock.New(filepath.Join(base, prefix+"lock"), flock.SetPermissions(0o600))
	if err := one.Lock(); err != nil {
		return nil, fmt.Errorf("waiting for another run to begin: %w", err)
	}
	defer func() { _ = one.Unlock() }()
	if err := clearOrphans(base); err != nil {
		return nil, err
	}
	path, err := os.MkdirTemp(base, prefix)
	if err != nil {
		return nil, fmt.Errorf("making a place for a machine: %w", err)
	}
	run := &Run{Path: path, lock: flock.New(filepath.Join(path, "lock"))}
	if err := run.lock.Lock(); err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return run, nil
}

// Close takes the directory away. Its machines are to be ended before.
func (r *Run) Close() error {
	return errors.Join(os.RemoveAll(r.Path), r.lock.Close())
}

// clearOrphans ends the machines of runs that hold their lock no more, and takes their directories away.
func clearOrphans(base string) error {
	dirs, err := filepath.Glob(filepath.Join(base, prefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		lock := flock.New(filepath.Join(dir, "lock"))
		if mine, err := lock.TryLock(); err != nil || !mine {
			continue // somebody is at it
		}
		name := filepath.Base(dir)
		endAll(name)
		if err := errors.Join(sweep(name), os.RemoveAll(dir), lock.Close()); err != nil {
			return fmt.Errorf("clearing away what a killed run left: %w", err)
		}
	}
	return nil
}

// endAll kills whatever has its root in the run's directory, and what started it.
func endAll(name string) {
	for range 400 { // two seconds
		left := belonging(name)
		if len(left) == 0 {
			return
		}
		for _, pid := range left {
			kill(pid)
		}
		time.Sleep(often)
	}
}

// belonging lists the processes of a machine: whose root lies in its directory, and the systemd-nspawn that has its name.
func belonging(name string) (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*") // the pattern is sound
	for _, dir := range all {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		args := strings.Split(string(line), "\x00")
		if i := slices.Index(args, "-M"); (i > 0 && i+1 < len(args) && args[i+1] == name) || rootedIn(dir, name) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// rootedIn says whether a process's root is a tree of the run's directory.
func rootedIn(process, name string) bool {
	mounts, err := os.ReadFile(filepath.Join(process, "mountinfo"))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 4 && f[4] == "/" && strings.Contains(f[3], "/"+name+"/") {
			return true
		}
	}
	return false
}

// groups are the control groups of a machine where no systemd rules them: in the hierarchy that systemd uses, and in the newer
// one beside it.
func groups(name string) (dirs []string) {
	top := "/sys/fs/cgroup"
	if _, err := os.Stat(filepath.Join(top, "cgroup.procs")); err == nil {
		return []string{filepath.Join(top, name)}
	}
	for _, each := range []string{"systemd", "unified"} {
		if _, err := os.Stat(filepath.Join(top, each, "cgroup.procs")); err == nil {
			dirs = append(dirs, filepath.Join(top, each, name))
		}
	}
	return dirs
}

// sweep takes away what systemd-nspawn leaves where /run is on a disk, and the control groups.
func sweep(name string) error {
	for _, dir := range groups(name) {
		for range 200 { // a process that has just ended still counts for a moment
			if removeGroups(dir); !there(dir) {
				break
			}
			time.Sleep(often)
		}
	}
	var errs []error
	for _, each := range []string{"propagate", "unix-export"} {
		if err := os.Remove(filepath.Join("/run/systemd/nspawn", each, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// removeGroups removes a control group and those below it, from the innermost on.
func removeGroups(dir string) {
	var all []string
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			all = append(all, path)
		}
		return nil // it is gone
	})
	for _, each := range slices.Backward(all) {
		_ = os.Remove(each) // one that is in use stays
	}
}
