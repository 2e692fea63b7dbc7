// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"

	"redbench/edge/backup"
)

// life is one part of a database's history, as it rests in a value.
type life []byte

func (l life) n() uint64     { return binary.BigEndian.Uint64(l) }
func (l life) start() uint64 { return binary.BigEndian.Uint64(l[8:]) }

// history is what tells of a database whether it goes on from where another was.
type history struct {
	keys []byte
	pos  uint64
	life life            // the current one; nil: nothing was ever given out
	had  map[uint64]life // the last ones
}

// Unrelated tells why the database of a state directory does not know of every order to forget since a backup was made, which lies
// unpacked in another; empty: it does. A package that was just installed has begun an empty one.
func Unrelated(ctx context.Context, state, unpacked string) (why string, err error) {
	here, err := historyOf(ctx, backup.OpenBeside(filepath.Join(state, File)))
	if err != nil {
		return "", err
	}
	was, err := historyOf(ctx, backup.OpenStill(filepath.Join(unpacked, File)))
	if err != nil {
		return "", err
	}
	if !bytes.Equal(here.keys, was.keys) {
		return "the database that was here has other keys than the backup: it is another chain's, or was begun anew since", nil
	}
	if was.life == nil {
		return "", nil
	}
	next, left := here.had[was.life.n()+1]
	switch {
	case here.pos < was.pos || here.life == nil || here.life.n() < was.life.n():
		return "the database that was here is from before the backup", nil
	case !bytes.Equal(here.had[was.life.n()], was.life) || left && next.start() < was.pos:
		return "the database that was here has another history than the backup", nil
	}
	return "", nil
}

func historyOf(ctx context.Context, db *sql.DB) (h history, err error) {
	defer func() { err = errors.Join(err, db.Close()) }()
	h.had = map[uint64]life{}
	rows, err := db.QueryContext(ctx, `SELECT name, value FROM named_values WHERE name IN ('keys', 'pos', 'life') OR name LIKE 'life.%'`)
	if err != nil {
		return h, fmt.Errorf("reading whose database it is: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		var value []byte
		if err := rows.Scan(&name, &value); err != nil {
			return h, fmt.Errorf("reading whose database it is: %w", err)
		}
		switch {
		case name == "keys":
			h.keys = value
		case name == "pos" && len(value) == 8:
			h.pos = binary.BigEndian.Uint64(value)
		case len(value) != 24:
			return h, fmt.Errorf("reading whose database it is: %q is damaged", name)
		case name == "life":
			h.life = value
		default:
			h.had[life(value).n()] = value
		}
	}
	return h, rows.Err()
}
