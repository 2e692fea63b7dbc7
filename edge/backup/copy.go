// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"
)

const (
	pageSteps = 256      // pages that are copied at a time: about a millisecond
	syncEvery = 16 << 20 // bytes, so that no commit waits for the disk to take in a whole copy
)

// Database copies a database to a file while others write to it: what it holds at one moment, whatever is written meanwhile.
// It gives how many rows each table has in the copy's moment. The journal cannot be cut back until it ends, so whoever is
// asked to forget somebody ends ctx, and begins anew.
func Database(ctx context.Context, from, to string, pace Pace) (counts map[string]int64, err error) {
	file, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making the copy: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	source, target := open(from, "mode=ro&_busy_timeout=10000&_query_only=on"), open(to, "_journal_mode=OFF&_synchronous=OFF")
	defer func() { err = errors.Join(err, source.Close(), target.Close()) }()
	in, err := source.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := target.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the copy: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := in.ExecContext(ctx, "BEGIN"); err != nil {
		return nil, fmt.Errorf("beginning to read: %w", err)
	}
	defer func() { _, _ = in.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") }()
	names, err := tables(ctx, in) // the moment of the copy
	if err != nil {
		return nil, fmt.Errorf("reading the database: %w", err)
	}
	if err := pages(ctx, in, out, file, pace); err != nil {
		return nil, fmt.Errorf("copying the database: %w", err)
	}
	return count(ctx, in.QueryRowContext, names, pace)
}

// pages copies all pages of one connection to another, in steps.
func pages(ctx context.Context, in, out *sql.Conn, file *os.File, pace Pace) error {
	return in.Raw(func(source any) error {
		return out.Raw(func(target any) error {
			copying, err := target.(*sqlite3.SQLiteConn).Backup("main", source.(*sqlite3.SQLiteConn), "main")
			if err != nil {
				return err
			}
			return errors.Join(stepwise(ctx, copying, file, pace), copying.Finish())
		})
	})
}

// pageSize is SQLite's default, and ours.
const pageSize = 4096

func stepwise(ctx context.Context, copying *sqlite3.SQLiteBackup, file *os.File, pace Pace) error {
	var done bool
	var unsynced int64
	for !done {
		err := pace.Step(ctx, func() (err error) {
			if done, err = copying.Step(pageSteps); err != nil {
				return err
			}
			if unsynced += pageSteps * pageSize; done || unsynced >= syncEvery {
				unsynced = 0
				err = errors.Join(file.Sync(), pace.room(filepath.Dir(file.Name()), 0))
			}
			return err
		})
		if err != nil {
			return err
		}
		of := int64(copying.PageCount()) * pageSize
		pace.tell("copying", of-int64(copying.Remaining())*pageSize, of)
	}
	return nil
}
