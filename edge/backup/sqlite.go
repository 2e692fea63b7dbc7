// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"

	"github.com/mattn/go-sqlite3"
)

// connector opens connections of one driver value, so that no driver needs to be registered for the whole process.
type connector struct{ dsn string }

func (c connector) Connect(context.Context) (driver.Conn, error) {
	return (&sqlite3.SQLiteDriver{}).Open(c.dsn)
}

func (c connector) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

// open opens one connection.
func open(path, settings string) *sql.DB {
	db := sql.OpenDB(connector{"file:" + (&url.URL{Path: path}).EscapedPath() + "?" + settings})
	db.SetMaxOpenConns(1)
	return db
}

// OpenStill opens a database that nobody writes to and that has no journal, as in a backup. Nothing is written beside it.
func OpenStill(path string) *sql.DB { return open(path, "mode=ro&immutable=1&_query_only=on") }

// OpenBeside opens a database that may be in use, to read from it alone. It may bring a journal home that a crash has left.
func OpenBeside(path string) *sql.DB { return open(path, "mode=rw&_busy_timeout=10000&_query_only=on") }

// tables are the names of a database's tables.
func tables(ctx context.Context, q interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}) (names []string, err error) {
	rows, err := q.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// count counts the rows of each table.
func count(ctx context.Context, one func(ctx context.Context, query string, args ...any) *sql.Row, names []string, pace Pace) (map[string]int64, error) {
	counts := map[string]int64{}
	for _, name := range names {
		err := pace.Step(ctx, func() error {
			var n int64
			err := one(ctx, `SELECT count(*) FROM "`+name+`"`).Scan(&n)
			counts[name] = n
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("counting %s: %w", name, err)
		}
	}
	return counts, nil
}

// ErrDamaged says that a copy is not sound.
var ErrDamaged = errors.New("it is damaged")

// Sound looks through a database: that its pages hold together, and that rows refer to rows which are there. It gives how many
// rows each table has.
func Sound(ctx context.Context, db *sql.DB, pace Pace) (map[string]int64, error) {
	names, err := tables(ctx, db)
	if err != nil {
		return nil, errors.Join(ErrDamaged, err)
	}
	for _, name := range names {
		err := pace.Step(ctx, func() error { return integrity(ctx, db, `PRAGMA integrity_check("`+name+`")`) })
		if err != nil {
			return nil, err
		}
	}
	err = pace.Step(ctx, func() error { return references(ctx, db) })
	if err != nil {
		return nil, err
	}
	counts, err := count(ctx, db.QueryRowContext, names, pace)
	if err != nil && ctx.Err() == nil {
		err = errors.Join(ErrDamaged, err)
	}
	return counts, err
}

func integrity(ctx context.Context, db *sql.DB, query string) error {
	var text string
	if err := db.QueryRowContext(ctx, query).Scan(&text); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errors.Join(ErrDamaged, err)
	}
	if text != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, text)
	}
	return nil
}

func references(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, `PRAGMA foreign_key_check`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() {
		var table, parent string
		var row, key any
		_ = rows.Scan(&table, &row, &parent, &key)
		return fmt.Errorf("%w: a row of %s refers to one of %s that is not there", ErrDamaged, table, parent)
	}
	return rows.Err()
}
