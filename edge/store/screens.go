// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"redbench/edge"
)

const screenColumns = `SELECT id, lane, manager, name, paired, seen, expires FROM screens`

// AddScreen keeps a paired screen. Of its token only the SHA-256 is kept.
func (s *Store) AddScreen(ctx context.Context, screen edge.Screen, token [32]byte) error {
	id, err := uuid.Parse(screen.ID)
	if err != nil {
		return errors.New("adding a screen: its id is not a UUID")
	}
	return s.one(ctx, "adding a screen", `INSERT INTO screens (id, lane, manager, name, token, paired, seen, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		id[:], screen.Lane, screen.Manager, screen.Name, token[:], micros(screen.Paired), micros(screen.Seen), micros(screen.Expires))
}

// ScreenByToken finds the screen of a token, or gives edge.ErrNotFound, also for one that was never used and has expired.
func (s *Store) ScreenByToken(ctx context.Context, token [32]byte) (edge.Screen, error) {
	rows, err := s.read.QueryContext(ctx, screenColumns+` WHERE token = ? AND (expires = 0 OR expires > ?)`, token[:], micros(s.opt.Now()))
	screens, err := scanScreens(rows, err)
	if err != nil {
		return edge.Screen{}, err
	}
	if len(screens) == 0 {
		return edge.Screen{}, edge.ErrNotFound
	}
	return screens[0], nil
}

// Screens lists the paired screens in the order of their pairing, without those that expired unused.
func (s *Store) Screens(ctx context.Context) ([]edge.Screen, error) {
	rows, err := s.read.QueryContext(ctx, screenColumns+` WHERE expires = 0 OR expires > ? ORDER BY id`, micros(s.opt.Now()))
	return scanScreens(rows, err)
}

func scanScreens(rows *sql.Rows, err error) ([]edge.Screen, error) {
	if err != nil {
		return nil, fmt.Errorf("reading the screens: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var screens []edge.Screen
	for rows.Next() {
		var id []byte
		var sc edge.Screen
		var paired, seen, expires int64
		if err := rows.Scan(&id, &sc.Lane, &sc.Manager, &sc.Name, &paired, &seen, &expires); err != nil {
			return nil, fmt.Errorf("reading the screens: %w", err)
		}
		if len(id) != 16 {
			return nil, fmt.Errorf("reading the screens: %w", errRecord)
		}
		sc.ID, sc.Paired, sc.Seen, sc.Expires = uuid.UUID(id).String(), moment(paired), moment(seen), moment(expires)
		screens = append(screens, sc)
	}
	return screens, rows.Err()
}

// RevokeScreen takes a screen's token away, or gives edge.ErrNotFound.
func (s *Store) RevokeScreen(ctx context.Context, id string) error {
	return s.one(ctx, "revoking a screen", `DELETE FROM screens WHERE id = ?`, idKey(id))
}

// TouchScreen notes that a screen connected. From the first time on its token no longer expires.
func (s *Store) TouchScreen(ctx context.Context, id string) error {
	return s.one(ctx, "noting a screen", `UPDATE screens SET seen = ?, expires = 0 WHERE id = ?`, micros(s.opt.Now()), idKey(id))
}

// one runs a statement that has to change one row, in a transaction of its own.
func (s *Store) one(ctx context.Context, doing, query string, args ...any) error {
	err := s.freeing(ctx, func() error {
		return s.transact(ctx, func(tx *sql.Tx) error {
			result, err := tx.Exec(query, args...)
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil || n > 0 {
				return err
			}
			return edge.ErrNotFound
		})
	})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
