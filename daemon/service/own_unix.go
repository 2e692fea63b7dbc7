// SPDX-License-Identifier: Apache-2.0

//go:build unix

package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
)

// heir is the user that a state directory is for.
type heir struct {
	name     string
	uid, gid int
}

// ours are files of which one is in every state directory that a box has run on or was enrolled on.
var ours = [...]string{"store.db", "keys.json"}

// inherit makes the state directory and gives it, and what root left in it, to the service's user: a first `redbench run` by
// root may have filled it. That user may write in the directory once it owns it, and root must then not be led elsewhere by
// what it puts there: nothing is reached but through the directory itself, no link is followed, and a file that has another
// name, which may be anywhere, is left to whoever it belongs to.
func inherit(dir string, to heir) error {
	err := func() error {
		if err := makeDir(dir); err != nil {
			return err
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			return err
		}
		defer func() { _ = root.Close() }()
		return to.take(root, dir)
	}()
	if err != nil {
		return fmt.Errorf("giving the state directory %s to %s: %w", dir, to.name, err)
	}
	return nil
}

// makeDir makes a directory where there is none, below others that everybody may pass.
func makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := guarded(dir, 0); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (to heir) take(root *os.Root, dir string) error {
	top, err := root.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = top.Close() }()
	info, err := top.Stat()
	if err != nil {
		return err
	}
	switch owner := int(stat(info).Uid); {
	case owner == to.uid:
		return to.rest(root)
	case owner != os.Geteuid():
		return fmt.Errorf("it belongs to another user (number %d): name another [state] dir, or `chown %s` this one", owner, to.name)
	case info.Mode().Perm()&0o022 != 0:
		return errors.New("others may write in it: name another [state] dir, or `chmod go-w` this one")
	}
	if err := guarded(dir, 0); err != nil {
		return err
	}
	if now, err := os.Stat(dir); err != nil || !os.SameFile(now, info) {
		return errors.New("another directory took its place meanwhile: try again")
	}
	if err := familiar(root); err != nil {
		return err
	}
	if err := to.rest(root); err != nil { // before its user may change anything in it
		return err
	}
	return top.Chown(to.uid, to.gid)
}

// guarded refuses a directory whose way others can turn elsewhere: nobody but root may write in what leads to it, as far as that
// is there.
func guarded(dir string, links int) error {
	at, parts := "/", strings.Split(strings.Trim(filepath.Clean(dir), "/"), "/")
	for i, part := range parts {
		info, err := os.Lstat(at)
		if err != nil {
			return err
		}
		if !rootsOwn(info) || info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
			return fmt.Errorf("others may write in %s, and so put another directory in its place: make it, and `chown` it, yourself", at)
		}
		next := path.Join(at, part)
		info, err = os.Lstat(next)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		to, err := os.Readlink(next)
		if err != nil {
			return err
		}
		if !rootsOwn(info) || links > 40 {
			return fmt.Errorf("the link %s on its way may lead anywhere: name the directory itself", next)
		}
		if !path.IsAbs(to) {
			to = path.Join(at, to)
		}
		return guarded(path.Join(append([]string{to}, parts[i+1:]...)...), links+1)
	}
	return nil
}

func rootsOwn(info fs.FileInfo) bool {
	owner := int(stat(info).Uid)
	return owner == 0 || owner == os.Geteuid()
}

// familiar refuses a directory that holds something else than a box's state.
func familiar(root *os.Root) error {
	empty, err := bare(root)
	if err != nil {
		return err
	}
	for _, name := range ours {
		if info, err := root.Lstat(name); err == nil && info.Mode().IsRegular() {
			return nil
		}
	}
	if !empty {
		return fmt.Errorf("it holds other things, and neither %s: name an empty directory for [state] dir, or one that is not there yet",
			strings.Join(ours[:], " nor "))
	}
	return nil
}

// bare reports whether nothing is in a directory but what an empty disk has.
func bare(root *os.Root) (bool, error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if e.Name() != "lost+found" {
			return false, nil
		}
	}
	return true, nil
}

// rest gives what is in the directory and belongs to root.
func (to heir) rest(root *os.Root) error {
	return fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || name == "." && err == nil {
			return nil // gone meanwhile: a service may run
		}
		if err != nil {
			return err
		}
		if name == "lost+found" && e.IsDir() {
			return fs.SkipDir
		}
		if !e.Type().IsRegular() && !e.IsDir() {
			return nil
		}
		if err := to.one(root, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

// one gives a file or directory by its handle: what has its name may change at any moment.
func (to heir) one(root *os.Root, name string) error {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENXIO) {
		return nil // a link or a socket by now
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	of := stat(info)
	if int(of.Uid) != os.Geteuid() || !info.IsDir() && (!info.Mode().IsRegular() || of.Nlink != 1) {
		return nil
	}
	return f.Chown(to.uid, to.gid)
}

func stat(info fs.FileInfo) *syscall.Stat_t {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s
	}
	return &syscall.Stat_t{Uid: ^uint32(0)} // nobody's
}
