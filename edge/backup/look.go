// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"database/sql"
	"math/rand/v2"
)

// Reading is a database that is looked at beside whoever writes to it.
type Reading struct{ DB *sql.DB }

// OpenReading opens a database to look at. It takes no lock, and whoever writes goes on.
func OpenReading(path string) Reading {
	return Reading{open(path, "mode=ro&_query_only=on&_busy_timeout=5000&_cache_size=-4096")}
}

// Close closes it.
func (r Reading) Close() error { return r.DB.Close() }

// Version is the number of its schema.
func (r Reading) Version(ctx context.Context) (version int, err error) {
	err = r.DB.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	return version, err
}

// Tables lists the tables.
func (r Reading) Tables(ctx context.Context) ([]string, error) { return tables(ctx, r.DB) }

// Rows counts the rows of a table.
func (r Reading) Rows(ctx context.Context, table string) (n int64, err error) {
	err = r.DB.QueryRowContext(ctx, `SELECT count(*) FROM "`+table+`"`).Scan(&n)
	return n, err
}

// maxProblems is how many problems of one table are told.
const maxProblems = 20

// Check looks through one table and its indexes; whole compares each index with its table, which takes far longer. One table at
// a time, so that no reader holds the journal for long. What it found names pages and rows, never what is in them.
func (r Reading) Check(ctx context.Context, table string, whole bool) (problems []string, err error) {
	pragma := "quick_check"
	if whole {
		pragma = "integrity_check"
	}
	rows, err := r.DB.QueryContext(ctx, "PRAGMA "+pragma+`("`+table+`")`)
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

// Sealed are rows that the keys should open.
type Sealed struct {
	Last string // query for the highest number of a row
	Next string // query for rows after a number, at most so many, in order: (number, …)
	// Opens reads one row, and tells its number and whether the keys open it.
	Opens func(*sql.Rows) (number int64, opens bool, err error)
}

// How many rows one step opens: of all, and of a stretch chosen by chance, since rot comes by pages.
const (
	sealedStep    = 500
	sealedStretch = 10
)

// Unseal opens sealed rows: all of them, or most in stretches chosen by chance. A changed bit that no check of pages sees keeps a
// row from opening.
func (r Reading) Unseal(ctx context.Context, s Sealed, all bool, most int, progress func(tried int)) (tried, bad int, err error) {
	var last int64
	if err := r.DB.QueryRowContext(ctx, s.Last).Scan(&last); err != nil || last == 0 {
		return 0, 0, err
	}
	all = all || last <= int64(most)
	step := sealedStretch
	if all {
		step = sealedStep
	}
	for from := int64(0); ctx.Err() == nil && (all || tried < most); {
		if !all {
			from = rand.Int64N(last)
		}
		n, broken, next, err := r.stretch(ctx, s, from, step)
		tried, bad = tried+n, bad+broken
		if err != nil {
			return tried, bad, err
		}
		progress(tried)
		if from = next; n == 0 {
			return tried, bad, nil
		}
	}
	return tried, bad, ctx.Err()
}

func (r Reading) stretch(ctx context.Context, s Sealed, after int64, step int) (n, bad int, last int64, err error) {
	rows, err := r.DB.QueryContext(ctx, s.Next, after, step)
	if err != nil {
		return 0, 0, after, err
	}
	defer func() { _ = rows.Close() }()
	for last = after; rows.Next(); n++ {
		number, opens, err := s.Opens(rows)
		if err != nil {
			return n, bad, last, err
		}
		if last = number; !opens {
			bad++
		}
	}
	return n, bad, last, rows.Err()
}
