// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"redbench/edge"
	"redbench/edge/backup"
	"redbench/edge/seal"
)

// Look reads the record of a state directory beside the running daemon, or without it, and changes nothing in it.
type Look struct{ backup.Reading }

// OpenLook opens the record to look at. It takes no lock: whoever writes goes on.
func OpenLook(dir string) *Look { return &Look{backup.OpenReading(filepath.Join(dir, File))} }

// Schema tells the schema of the record, and the newest that this program knows.
func (l *Look) Schema(ctx context.Context) (have, known int, err error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, 0, err
	}
	have, err = l.Version(ctx)
	return have, len(names), err
}

// Fits tells whether the record was made with these keys.
func (l *Look) Fits(ctx context.Context, keys *seal.Box) (bool, error) {
	var got []byte
	err := l.DB.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'keys'`).Scan(&got)
	want := keys.Fingerprint()
	return string(got) == string(want[:]), err
}

// Unseal opens customers under the keys: all of them, or most chosen by chance.
func (l *Look) Unseal(ctx context.Context, keys *seal.Box, all bool, most int, progress func(tried int)) (tried, bad int, err error) {
	return l.Reading.Unseal(ctx, backup.Sealed{
		Last: `SELECT coalesce(max(ref), 0) FROM customers`,
		Next: `SELECT ref, id, wrapped, sealed, tap FROM customers WHERE ref > ? ORDER BY ref LIMIT ?`,
		Opens: func(rows *sql.Rows) (ref int64, ok bool, err error) {
			var id, wrapped, sealed, tap []byte
			err = rows.Scan(&ref, &id, &wrapped, &sealed, &tap)
			return ref, err == nil && opens(keys, id, wrapped, sealed, tap), err
		},
	}, all, most, progress)
}

func opens(keys *seal.Box, id, wrapped, sealed, tap []byte) bool {
	if len(id) != 16 {
		return false
	}
	key, err := keys.Unwrap([16]byte(id), wrapped)
	if err == nil {
		_, err = openPerson(key, sealed)
	}
	if err == nil && len(tap) > 0 {
		_, err = key.Open("tap", tap)
	}
	return err == nil
}

// Glance is what the record says of the box, and nothing of anybody in it.
type Glance struct {
	Customers int
	Backlog   edge.Backlog
	Refused   map[string]int // quarantine by reason
	Today     map[string]int // of the last day
	Wall      time.Time      // what the clock said when it was last looked at
	Asked     time.Time      // when head office was last asked whom to forget
	Heard     time.Time      // the quarter of an hour in which a till was last heard
	Seen      time.Time      // the quarter of an hour in which a prompt was last painted
	Screens   []edge.Screen
}

// Glance reads it.
func (l *Look) Glance(ctx context.Context, now time.Time) (g Glance, err error) {
	s := &Store{opt: Options{Now: func() time.Time { return now }}, read: l.DB}
	fail := func(err error) (Glance, error) { return g, fmt.Errorf("looking at the record: %w", err) }
	if err := l.DB.QueryRowContext(ctx, `SELECT count(*) FROM customers`).Scan(&g.Customers); err != nil {
		return fail(err)
	}
	if g.Backlog, err = s.Backlog(ctx); err != nil {
		return fail(err)
	}
	var wall, seen, heard int64
	if wall, err = metaNumber(ctx, l.DB, metaWall); err != nil {
		return fail(err)
	}
	if _, g.Asked, err = s.Cursor(ctx); err != nil {
		return fail(err)
	}
	if err := l.DB.QueryRowContext(ctx, `SELECT coalesce(max(quarter), 0) FROM tally WHERE what = ?`, tallySeen).Scan(&seen); err != nil {
		return fail(err)
	}
	if err := l.DB.QueryRowContext(ctx, `SELECT coalesce(max(quarter), 0) FROM tally WHERE what = ?`, tallyEvents).Scan(&heard); err != nil {
		return fail(err)
	}
	g.Wall, g.Seen, g.Heard = moment(wall), moment(seen), moment(heard)
	if g.Screens, err = s.Screens(ctx); err != nil {
		return fail(err)
	}
	if g.Refused, err = l.refused(ctx, 0); err == nil {
		g.Today, err = l.refused(ctx, now.Add(-24*time.Hour).UnixMicro())
	}
	if err != nil {
		return fail(err)
	}
	return g, nil
}

func (l *Look) refused(ctx context.Context, since int64) (map[string]int, error) {
	rows, err := l.DB.QueryContext(ctx, `SELECT reason, count(*) FROM quarantine WHERE at >= ? GROUP BY reason`, since)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	counts := map[string]int{}
	for rows.Next() {
		var reason string
		var n int
		if err := rows.Scan(&reason, &n); err != nil {
			return nil, err
		}
		counts[reason] = n
	}
	return counts, rows.Err()
}
