// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"redbench/edge/disk"
)

// Held is a backup whose files are open: who opened them may read them also where it has become a user who may not.
type Held struct {
	Backup
	files map[string]*os.File
}

// Hold opens the files of a backup. Root may do so in a directory where another user writes, who must not lead it to what that
// user may not read: no link is followed out of the backup, each file is an ordinary one and belongs to whom the backup belongs
// to, and the manifest is read once more from the directory that the files come from.
func Hold(b Backup) (_ *Held, err error) {
	h := &Held{Backup: b, files: map[string]*os.File{}}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("opening the backup %s: %w", b.Path, err), h.Close())
		}
	}()
	root, err := os.OpenRoot(b.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	dir, err := root.Stat(".")
	if err != nil {
		return nil, err
	}
	for _, name := range append([]string{manifestFile}, partNames(b.Manifest)...) {
		if h.files[name], err = ordinary(root, dir, name); err != nil {
			delete(h.files, name)
			return nil, err
		}
	}
	return h, h.unchanged()
}

func partNames(m Manifest) (names []string) {
	for _, p := range m.Parts {
		names = append(names, p.Name)
	}
	return names
}

// ordinary opens a file that is one, and whose owner is that of its directory.
func ordinary(root *os.Root, dir fs.FileInfo, name string) (*os.File, error) {
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s is missing", ErrDamaged, name)
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no ordinary file, and may lead anywhere: take another backup", name)
	}
	f, err := root.OpenFile(name, os.O_RDONLY|atOnce, 0)
	if err != nil {
		return nil, err
	}
	now, err := f.Stat()
	if err == nil && !os.SameFile(info, now) {
		err = fmt.Errorf("%s changed meanwhile: try again", name)
	}
	if err == nil && !sameOwner(dir, now) {
		err = fmt.Errorf("%s belongs to another user than the backup's directory: find out whose it is, or take another backup", name)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// unchanged compares the manifest that was opened with the one that was read before.
func (h *Held) unchanged() error {
	in, err := h.open(manifestFile)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(in, mostManifest+1))
	if err != nil {
		return err
	}
	m, err := parseManifest(h.Path, data)
	if err != nil {
		return err
	}
	before, err := json.Marshal(h.Manifest)
	if now, other := json.Marshal(m); err == nil && (other != nil || !bytes.Equal(now, before)) {
		err = errors.New("it changed meanwhile: try again")
	}
	return err
}

// Close closes the files.
func (h *Held) Close() (err error) {
	for _, f := range h.files {
		err = errors.Join(err, f.Close())
	}
	return err
}

func (h *Held) open(name string) (io.ReadCloser, error) {
	f := h.files[name]
	if f == nil {
		return nil, fs.ErrNotExist
	}
	_, err := f.Seek(0, io.SeekStart)
	return io.NopCloser(f), err
}

// CopyTo copies a backup to another directory, whole or not at all, and compares each file with the manifest's sum.
func (h *Held) CopyTo(ctx context.Context, dir string) (Backup, error) {
	path := filepath.Join(dir, h.Name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Backup{}, fmt.Errorf("copying the backup: %w", err)
	}
	if _, err := os.Lstat(path); err == nil {
		return h.there(path)
	}
	work := filepath.Join(dir, making+h.Name)
	defer func() { _ = os.RemoveAll(work) }()
	release, err := alone(dir)
	defer release()
	if err := errors.Join(err, os.RemoveAll(work)); err != nil {
		return Backup{}, fmt.Errorf("copying the backup: %w", err)
	}
	err = unpack(ctx, h.open, h.Manifest, work, Pace{})
	if err == nil {
		var manifest io.ReadCloser
		if manifest, err = h.open(manifestFile); err == nil {
			_, err = copyFrom(ctx, manifest, filepath.Join(work, manifestFile), Pace{})
		}
	}
	if err == nil {
		err = errors.Join(disk.SyncDir(work), os.Rename(work, path), disk.SyncDir(dir))
	}
	if err != nil {
		return Backup{}, fmt.Errorf("copying the backup to %s: %w", dir, err)
	}
	return Read(path)
}

// there gives what has the backup's name elsewhere, if that is the same one: by a clock that was set back, or of a box that was begun
// anew, another one may have it.
func (h *Held) there(path string) (Backup, error) {
	b, err := Read(path)
	if err != nil {
		return b, err
	}
	theirs, err := json.Marshal(b.Manifest)
	if ours, other := json.Marshal(h.Manifest); err != nil || other != nil || !bytes.Equal(ours, theirs) {
		return Backup{}, fmt.Errorf("%s is another backup of that name: move it away, or copy to another directory", path)
	}
	return b, nil
}

// alone clears what copies that were broken off have left in a directory: people are in it, and whoever took the stick would take
// them along. Where others may be copying to it, or where it cannot be held, it stays.
func alone(dir string) (release func(), err error) {
	path := filepath.Join(dir, lockFile)
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return func() {}, nil // root may be the one who opens it, and the directory somebody else's
	}
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDONLY|atOnce), flock.SetPermissions(0o600))
	if got, err := lock.TryLock(); err != nil || !got {
		return func() {}, nil
	}
	entries, err := os.ReadDir(dir)
	for _, each := range entries {
		if strings.HasPrefix(each.Name(), making) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, each.Name())))
		}
	}
	return func() { _ = lock.Unlock() }, err
}
