// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge/backup"
	"redbench/edge/disk"
)

// journalMost is what the journal may take at its longest: SQLite brings it home by itself from there on.
const journalMost = 131072 * 4096

// ballastMost is what is held back for a full disk.
const ballastMost = 32 << 20

// disk tells what the state directory takes of the disk, and what it may take.
func (r record) disk(ctx context.Context) (*control.Disk, error) {
	stats := r.store.Stats()
	room, err := r.store.Room(ctx)
	if err != nil {
		return nil, err
	}
	refused, err := r.store.QuarantineBytes(ctx)
	if err != nil {
		return nil, err
	}
	waiting, err := r.store.Backlog(ctx)
	if err != nil {
		return nil, err
	}
	d := &control.Disk{Database: stats.DatabaseBytes, DatabaseFree: room.Free, Journal: stats.JournalBytes, Outbox: waiting.Bytes,
		Quarantine: refused, Bound: diskBound(r.config)}
	if d.Total, err = below(r.config.State.Dir); err != nil {
		return nil, err
	}
	if d.Backups, err = below(r.config.Backup.In(r.config.State.Dir)); err != nil {
		return nil, err
	}
	for _, dir := range backup.Formers(r.config.State.Dir) {
		n, err := below(dir)
		if err != nil {
			return nil, err
		}
		d.Former += n
	}
	d.Free, _ = disk.Free(r.config.State.Dir) // where nobody tells it stands at 0
	return d, nil
}

// diskBound is what the box may take of the disk, backups and all; 0: nothing bounds the database. For a while the database is
// there twice more: while it is written anew, or copied.
func diskBound(c *config.Config) int64 {
	if c.Limits.DatabaseMB == 0 {
		return 0
	}
	return int64(c.Limits.DatabaseMB)<<20*int64(3+c.Backup.Keep) + journalMost + ballastMost
}

// below is the size of all files of a folder. One that goes meanwhile, or is not there, takes nothing.
func below(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			var info fs.FileInfo
			if info, err = entry.Info(); err == nil {
				sum += info.Size()
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return sum, err
}
