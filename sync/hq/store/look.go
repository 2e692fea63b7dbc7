// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"path/filepath"

	"redbench/edge/backup"
	"redbench/edge/seal"
	"redbench/sync/hq"
)

// Look reads the database of a state directory beside the running head office, or without it, and changes nothing in it. As an
// hq.Store it refuses to write.
type Look struct{ backup.Reading }

var _ hq.Store = (*Look)(nil)

// OpenLook opens the database to look at. It takes no lock: whoever writes goes on.
func OpenLook(dir string) *Look { return &Look{backup.OpenReading(filepath.Join(dir, File))} }

// Schema tells the schema of the database, and the newest that this program knows.
func (l *Look) Schema(ctx context.Context) (have, known int, err error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, 0, err
	}
	have, err = l.Version(ctx)
	return have, len(names), err
}

// Fits tells whether the database was made with these keys.
func (l *Look) Fits(ctx context.Context, keys *seal.Box) (bool, error) {
	var got []byte
	err := l.DB.QueryRowContext(ctx, `SELECT value FROM named_values WHERE name = 'keys'`).Scan(&got)
	want := keys.Fingerprint()
	return string(got) == string(want[:]), err
}

// Unseal opens customers under the keys: all of them, or most chosen by chance.
func (l *Look) Unseal(ctx context.Context, keys *seal.Box, all bool, most int, progress func(tried int)) (tried, bad int, err error) {
	return l.Reading.Unseal(ctx, backup.Sealed{
		Last: `SELECT coalesce(max(number), 0) FROM people`,
		Next: `SELECT number, wrapped, sealed FROM people WHERE number > ? ORDER BY number LIMIT ?`,
		Opens: func(rows *sql.Rows) (number int64, opens bool, err error) {
			var p hq.Person
			err = rows.Scan(&p.Number, &p.Wrapped, &p.Sealed)
			return p.Number, err == nil && hq.Opens(keys, p) == nil, err
		},
	}, all, most, progress)
}

// View runs f in a transaction that sees one state of the database.
func (l *Look) View(ctx context.Context, f func(hq.Tx) error) error {
	return (&Store{read: l.DB}).View(ctx, f)
}

var errLooking = errors.New("the database is only looked at")

// Update refuses to write.
func (*Look) Update(context.Context, func(hq.Tx) error) error { return errLooking }

// Erase refuses to write.
func (*Look) Erase(context.Context) error { return errLooking }
