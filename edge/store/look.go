// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"time"

	"redbench/edge"
	"redbench/edge/seal"
)

// Look reads the record of a state directory beside the running daemon, or without it, and changes nothing in it.
type Look struct{ db *sql.DB }

// OpenLook opens the record to look at. It takes no lock: whoever writes goes on.
func OpenLook(dir string) *Look {
	path := &url.URL{Path: filepath.Join(dir, File)}
	s := &Store{path: path.Path}
	return &Look{s.pool("mode=ro&_query_only=on&_busy_timeout=5000&_cache_size=-4096", 1, "PRAGMA temp_store = MEMORY")}
}

// Close closes it.
func (l *Look) Close() error { return l.db.Close() }

// Schema tells the schema of the record, and the newest that this program knows.
func (l *Look) Schema(ctx context.Context) (have, known int, err error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, 0, err
	}
	err = l.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have)
	return have, len(names), err
}

// Fits tells whether the record was made with these keys.
func (l *Look) Fits(ctx context.Context, keys *seal.Box) (bool, error) {
	var got []byte
	err := l.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'keys'`).Scan(&got)
	want := keys.Fingerprint()
	return string(got) == string(want[:]), err
}

// Tables lists the tables.
func (l *Look) Tables(ctx context.Context) (names []string, err error) {
	rows, err := l.db.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
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

// Rows counts the rows of a table.
func (l *Look) Rows(ctx context.Context, table string) (n int64, err error) {
	err = l.db.QueryRowContext(ctx, `SELECT count(*) FROM "`+table+`"`).Scan(&n)
	return n, err
}

// maxProblems is how many problems of one table are told.
const maxProblems = 20

// Check looks through one table and its indexes; whole compares each index with its table, which takes far longer. One table at
// a time, so that no reader holds the journal for long. What it found names pages and rows, never what is in them.
func (l *Look) Check(ctx context.Context, table string, whole bool) (problems []string, err error) {
	pragma := "quick_check"
	if whole {
		pragma = "integrity_check"
	}
	rows, err := l.db.QueryContext(ctx, "PRAGMA "+pragma+`("`+table+`")`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() && len(problems) < maxProblems {
		var text string
		if err := rows.Scan(&text); err != nil {
			return problems, err
		}
		if text != "ok" {
			problems = append(problems, table+": "+text)
		}
	}
	return problems, rows.Err()
}

// unsealed is how many customers one step opens.
const unsealed = 500

// Unseal opens sealed rows under the keys: all of them, or most chosen by chance. A changed bit that no check of pages sees keeps
// a row from opening.
func (l *Look) Unseal(ctx context.Context, keys *seal.Box, all bool, most int, progress func(tried int)) (tried, bad int, err error) {
	var last int64
	if err := l.db.QueryRowContext(ctx, `SELECT coalesce(max(ref), 0) FROM customers`).Scan(&last); err != nil || last == 0 {
		return 0, 0, err
	}
	step := int64(unsealed)
	if !all {
		step = 10
	}
	for from := int64(0); ctx.Err() == nil; {
		if !all {
			if tried >= most {
				return tried, bad, nil
			}
			from = rand.Int64N(last)
		}
		n, broken, next, err := l.unseal(ctx, keys, from, step)
		tried, bad = tried+n, bad+broken
		if err != nil {
			return tried, bad, err
		}
		progress(tried)
		if all {
			if from = next; n == 0 {
				return tried, bad, nil
			}
		} else if n == 0 || int64(n) < step && last <= step {
			return tried, bad, nil // fewer than one step: all were seen
		}
	}
	return tried, bad, ctx.Err()
}

func (l *Look) unseal(ctx context.Context, keys *seal.Box, after, step int64) (n, bad int, last int64, err error) {
	rows, err := l.db.QueryContext(ctx, `SELECT ref, id, wrapped, sealed, tap FROM customers WHERE ref > ? ORDER BY ref LIMIT ?`, after, step)
	if err != nil {
		return 0, 0, after, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, wrapped, sealed, tap []byte
		if err := rows.Scan(&last, &id, &wrapped, &sealed, &tap); err != nil {
			return n, bad, last, err
		}
		n++
		if !opens(keys, id, wrapped, sealed, tap) {
			bad++
		}
	}
	return n, bad, last, rows.Err()
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
	Seen      time.Time      // the quarter of an hour in which a prompt was last painted
	Screens   []edge.Screen
}

// Glance reads it.
func (l *Look) Glance(ctx context.Context, now time.Time) (g Glance, err error) {
	s := &Store{opt: Options{Now: func() time.Time { return now }}, read: l.db}
	fail := func(err error) (Glance, error) { return g, fmt.Errorf("looking at the record: %w", err) }
	if err := l.db.QueryRowContext(ctx, `SELECT count(*) FROM customers`).Scan(&g.Customers); err != nil {
		return fail(err)
	}
	if g.Backlog, err = s.Backlog(ctx); err != nil {
		return fail(err)
	}
	var wall, seen int64
	if wall, err = metaNumber(ctx, l.db, metaWall); err != nil {
		return fail(err)
	}
	if _, g.Asked, err = s.Cursor(ctx); err != nil {
		return fail(err)
	}
	if err := l.db.QueryRowContext(ctx, `SELECT coalesce(max(quarter), 0) FROM tally WHERE what = ?`, tallySeen).Scan(&seen); err != nil {
		return fail(err)
	}
	g.Wall, g.Seen = moment(wall), moment(seen)
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
	rows, err := l.db.QueryContext(ctx, `SELECT reason, count(*) FROM quarantine WHERE at >= ? GROUP BY reason`, since)
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
