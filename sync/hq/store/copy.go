// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"redbench/edge/backup"
	"redbench/edge/seal"
	"redbench/sync/hq"
)

// Copy copies the database to a file while it is in use. Who is forgotten by this process meanwhile is not in it: then it begins
// anew. One at a time. It gives how many rows each table has in the copy.
func (s *Store) Copy(ctx context.Context, to string, pace backup.Pace) (map[string]int64, error) {
	counts, err := s.copying.Database(ctx, s.path, to, pace)
	if err != nil {
		return nil, fmt.Errorf("copying the database: %w", err)
	}
	return counts, nil
}

// Inspect looks through a copy of a state directory: that the database's pages hold together, that it belongs to the keys
// beside it, and that these open every customer.
func Inspect(ctx context.Context, dir string, pace backup.Pace) (facts backup.Facts, err error) {
	keys, err := seal.OpenChain(dir)
	if err != nil {
		return facts, err
	}
	db := backup.OpenStill(filepath.Join(dir, File))
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&facts.Schema); err != nil {
		return facts, errors.Join(backup.ErrDamaged, err)
	}
	if names, _ := fs.Glob(migrations, "migrations/*.sql"); facts.Schema > len(names) {
		return facts, fmt.Errorf("the database has schema %d and this program knows %d: it was written by a newer redbench-hq; install that one again", facts.Schema, len(names))
	}
	var fingerprint []byte
	if err := db.QueryRowContext(ctx, `SELECT value FROM named_values WHERE name = 'keys'`).Scan(&fingerprint); err != nil {
		return facts, errors.Join(backup.ErrDamaged, err)
	}
	if want := keys.Fingerprint(); string(fingerprint) != string(want[:]) {
		return facts, fmt.Errorf("the database was made with other keys than those in its %s", seal.KeyFile)
	}
	if facts.Counts, err = backup.Sound(ctx, db, pace); err != nil {
		return facts, err
	}
	for last, more := int64(0), true; more; {
		err := pace.Step(ctx, func() error {
			rows, err := db.QueryContext(ctx, `SELECT number, wrapped, sealed FROM people WHERE number > ? ORDER BY number LIMIT 2000`, last)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			for more = false; rows.Next(); more = true {
				var p hq.Person
				if err := rows.Scan(&p.Number, &p.Wrapped, &p.Sealed); err != nil {
					return err
				}
				if last = p.Number; hq.Opens(keys, p) != nil {
					return fmt.Errorf("%w: customer %d does not open", backup.ErrDamaged, p.Number)
				}
			}
			return rows.Err()
		})
		if err != nil {
			return facts, err
		}
	}
	return facts, nil
}

// Erasures reads every order to forget that the database of a state directory has taken.
func Erasures(ctx context.Context, dir string) (all []hq.ErasureRow, err error) {
	db := backup.OpenBeside(filepath.Join(dir, File))
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT store, taken, body FROM erasures UNION ALL SELECT store, taken, body FROM waiting ORDER BY taken`)
	if err != nil {
		return nil, fmt.Errorf("reading who was forgotten: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r hq.ErasureRow
		var body []byte
		if err := rows.Scan(&r.Store, &r.Taken, &body); err != nil {
			return nil, fmt.Errorf("reading who was forgotten: %w", err)
		}
		if err := decode(body, &r.Order); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// Known measures all orders to forget that the database of a state directory has taken: it is another number after each that is
// new, or names more than it did.
func Known(ctx context.Context, dir string) (n int64, err error) {
	db := backup.OpenBeside(filepath.Join(dir, File))
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, `SELECT coalesce((SELECT sum(length(body)) FROM erasures), 0) + coalesce((SELECT sum(length(body)) FROM waiting), 0)`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("measuring who was forgotten: %w", err)
	}
	return n, nil
}
