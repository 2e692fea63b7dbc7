// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"redbench/edge/disk"
)

// Held is a backup whose files are open: who opened them may read them also where it has become a user who may not.
type Held struct {
	Backup
	files map[string]*os.File
}

// Hold opens the files of a backup.
func Hold(b Backup) (*Held, error) {
	h := &Held{Backup: b, files: map[string]*os.File{}}
	for _, p := range b.Parts {
		f, err := os.Open(filepath.Join(b.Path, p.Name))
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w: %s is missing", ErrDamaged, p.Name)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("opening the backup %s: %w", b.Path, err), h.Close())
		}
		h.files[p.Name] = f
	}
	return h, nil
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
	if _, err := os.Stat(path); err == nil {
		return Read(path)
	}
	work := filepath.Join(dir, making+h.Name)
	defer func() { _ = os.RemoveAll(work) }()
	if err := os.RemoveAll(work); err != nil {
		return Backup{}, fmt.Errorf("copying the backup: %w", err)
	}
	err := unpack(ctx, h.open, h.Manifest, work, Pace{})
	if err == nil {
		_, err = copyFile(ctx, filepath.Join(h.Path, manifestFile), filepath.Join(work, manifestFile), Pace{})
	}
	if err == nil {
		err = errors.Join(disk.SyncDir(work), os.Rename(work, path), disk.SyncDir(dir))
	}
	if err != nil {
		return Backup{}, fmt.Errorf("copying the backup to %s: %w", dir, err)
	}
	return Read(path)
}
