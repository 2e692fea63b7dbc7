// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"redbench/edge"
	"redbench/edge/scrub"
	"redbench/sync/hq"
)

// tx is one transaction.
type tx struct {
	ctx context.Context
	sql *sql.Tx

	traces  scrub.Traces // of what was deleted
	foundBy scrub.Traces // what those who were erased were found by
	erases  bool         // somebody was: her traces have to be in no file
}

var _ hq.Tx = (*tx)(nil)

func (t *tx) exec(query string, args ...any) error {
	_, err := t.sql.ExecContext(t.ctx, query, args...)
	return err
}

// one reads one row into its targets, or gives edge.ErrNotFound.
func (t *tx) one(query string, args []any, into ...any) error {
	err := t.sql.QueryRowContext(t.ctx, query, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return edge.ErrNotFound
	}
	return err
}

// each calls f for every row.
func (t *tx) each(query string, args []any, f func(*sql.Rows) error) error {
	rows, err := t.sql.QueryContext(t.ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// list gives every row as scan reads it.
func list[R any](t *tx, query string, args []any, scan func(*sql.Rows, *R) error) (out []R, err error) {
	err = t.each(query, args, func(rows *sql.Rows) error {
		var r R
		if err := scan(rows, &r); err != nil {
			return err
		}
		out = append(out, r)
		return nil
	})
	return out, err
}

// The sizes of the statements that write several rows: few, so that each is prepared once.
var insertSizes = [...]int{64, 8, 1}

// insert writes rows, given as one list of all their values, with statements of several rows each.
func (t *tx) insert(head string, columns int, values []any, tail string) error {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + "),"
	for _, n := range insertSizes {
		query := ""
		for len(values) >= n*columns {
			if query == "" {
				query = head + " VALUES " + strings.TrimSuffix(strings.Repeat(row, n), ",") + tail
			}
			if err := t.exec(query, values[:n*columns]...); err != nil {
				return err
			}
			values = values[n*columns:]
		}
	}
	return nil
}

// among makes a list of texts one argument, for: IN (SELECT value FROM json_each(?)).
func among(texts []string) (string, error) {
	data, err := json.Marshal(texts)
	return string(data), err
}

// amongBytes makes a list of byte strings one argument, for: IN (SELECT unhex(value) FROM json_each(?)).
func amongBytes(all [][]byte) (string, error) {
	texts := make([]string, len(all))
	for i, each := range all {
		texts[i] = hex.EncodeToString(each)
	}
	return among(texts)
}

// limited gives SQL's way to say "all".
func limited(limit int) int {
	if limit == 0 {
		return -1
	}
	return limit
}

func (t *tx) Value(name string) (value []byte, err error) {
	err = t.one(`SELECT value FROM named_values WHERE name = ?`, []any{name}, &value)
	if errors.Is(err, edge.ErrNotFound) {
		return nil, nil
	}
	return value, err
}

func (t *tx) PutValue(name string, value []byte) error {
	return t.exec(`INSERT INTO named_values (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`, name, value)
}
