// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"redbench/sync/hq"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, in one transaction: of two processes that start together one does it, and the
// other finds it done. PRAGMA user_version counts what was done.
func (s *Store) migrate(ctx context.Context) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return fmt.Errorf("listing migrations: %w", err)
	}
	return s.Update(ctx, func(t hq.Tx) error {
		inner := t.(*tx).sql
		var have int
		if err := inner.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
			return fmt.Errorf("reading the schema's version: %w", err)
		}
		if have > len(names) {
			return fmt.Errorf("the database has schema %d and this program knows %d: it was written by a newer redbench-hq; install that one again", have, len(names))
		}
		for version := have + 1; version <= len(names); version++ {
			if err := apply(ctx, inner, names[version-1], version); err != nil {
				return fmt.Errorf("migrating to schema %d: %w", version, err)
			}
		}
		return nil
	})
}

func apply(ctx context.Context, inner *sql.Tx, name string, version int) error {
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	if _, err := inner.ExecContext(ctx, string(text)); err != nil {
		return err
	}
	_, err = inner.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
	return err
}
