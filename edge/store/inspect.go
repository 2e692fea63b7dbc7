// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/google/uuid"

	"redbench/edge/backup"
	"redbench/edge/seal"
)

// Hold keeps every other process out of a state directory, until release. One that is in use gives an *InUseError.
func Hold(dir string) (release func() error, err error) {
	l, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	return l.release, nil
}

// inspectStep is how many customers are looked at before a rest.
const inspectStep = 2000

// Inspect looks through the record of a state directory that lies still: that its pages hold together, that it belongs to the
// keys beside it, and that these open every customer. One that is newer than this program is refused.
func Inspect(ctx context.Context, dir string, pace backup.Pace) (facts backup.Facts, err error) {
	keys, err := seal.Open(dir)
	if err != nil {
		return facts, err
	}
	db := backup.OpenStill(filepath.Join(dir, File))
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&facts.Schema); err != nil {
		return facts, errors.Join(backup.ErrDamaged, err)
	}
	if err := knownSchema(facts.Schema); err != nil {
		return facts, err
	}
	var fingerprint, box []byte
	err = db.QueryRowContext(ctx, `SELECT (SELECT value FROM meta WHERE name = 'keys'), (SELECT value FROM meta WHERE name = ?)`, metaBox).Scan(&fingerprint, &box)
	if err != nil {
		return facts, errors.Join(backup.ErrDamaged, err)
	}
	if want := keys.Fingerprint(); string(fingerprint) != string(want[:]) {
		return facts, fmt.Errorf("the record was made with other keys than those in its %s", seal.KeyFile)
	}
	if u, err := uuid.FromBytes(box); err == nil {
		facts.Box = u.String()
	}
	if facts.Counts, err = backup.Sound(ctx, db, pace); err != nil {
		return facts, err
	}
	return facts, openAll(ctx, db, keys, pace)
}

// knownSchema fails on a schema that is newer than this program.
func knownSchema(schema int) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err == nil && schema > len(names) {
		err = fmt.Errorf("the record has schema %d and this program knows %d: it was written by a newer redbench; install that one again", schema, len(names))
	}
	return err
}

// openAll opens every customer's key, and with it what she is called.
func openAll(ctx context.Context, db *sql.DB, keys *seal.Box, pace backup.Pace) error {
	for last, more := int64(0), true; more; {
		err := pace.Step(ctx, func() (err error) {
			before := last
			last, err = openSome(ctx, db, keys, last)
			more = last > before
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func openSome(ctx context.Context, db *sql.DB, keys *seal.Box, after int64) (last int64, err error) {
	last = after
	rows, err := db.QueryContext(ctx, `SELECT ref, id, wrapped, sealed FROM customers WHERE ref > ? ORDER BY ref LIMIT ?`, after, inspectStep)
	if err != nil {
		return last, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, wrapped, sealed []byte
		if err := rows.Scan(&last, &id, &wrapped, &sealed); err != nil {
			return last, err
		}
		if len(id) != 16 {
			return last, errRecord
		}
		key, err := keys.Unwrap([16]byte(id), wrapped)
		if err == nil {
			_, err = openPerson(key, sealed)
		}
		if err != nil {
			return last, fmt.Errorf("%w: customer %d: %w", backup.ErrDamaged, last, err)
		}
	}
	return last, rows.Err()
}
