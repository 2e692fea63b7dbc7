// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"errors"

	"redbench/edge"
	"redbench/sync/hq"
)

func (t *tx) Hooked(event [16]byte) (body [16]byte, err error) {
	var raw []byte
	if err := t.one(`SELECT body FROM hooked WHERE event = ?`, []any{event[:]}, &raw); err != nil {
		return body, err
	}
	copy(body[:], raw)
	return body, nil
}

func (t *tx) PutHooked(event, body [16]byte, at int64) error {
	return t.exec(`INSERT INTO hooked (event, body, at) VALUES (?, ?, ?)`, event[:], body[:], at)
}

func (t *tx) PutRelay(r hq.RelayRow) error {
	return t.exec(`INSERT INTO relays (store, pos, id, lane, body, at) VALUES (?, ?, ?, ?, ?, ?)`, r.Store, r.Pos, r.ID, r.Lane, r.Body, r.At)
}

func (t *tx) Relay(store string, pos int64) (r hq.RelayRow, err error) {
	r.Store, r.Pos = store, pos
	err = t.one(`SELECT id, lane, body, at FROM relays WHERE store = ? AND pos = ?`, []any{store, pos}, &r.ID, &r.Lane, &r.Body, &r.At)
	return r, err
}

func (t *tx) CountRelays(store string) (n int, err error) {
	err = t.one(`SELECT count(*) FROM relays WHERE store = ?`, []any{store}, &n)
	return n, err
}

func (t *tx) FirstRelay(store string) (pos int64, err error) {
	err = t.one(`SELECT pos FROM relays WHERE store = ? ORDER BY pos LIMIT 1`, []any{store}, &pos)
	if errors.Is(err, edge.ErrNotFound) {
		return 0, nil
	}
	return pos, err
}

func (t *tx) DeleteRelays(store string, upto int64) error {
	return t.deleteRelays(`store = ? AND pos <= ?`, store, upto)
}

func (t *tx) ForgetHooks(relays, hooked int64) (stale bool, err error) {
	err = t.one(`SELECT EXISTS (SELECT 1 FROM relays WHERE at < ?) OR EXISTS (SELECT 1 FROM hooked WHERE at < ?)`, []any{relays, hooked}, &stale)
	if err != nil || !stale {
		return false, err
	}
	return true, errors.Join(t.deleteRelays(`at < ?`, relays), t.exec(`DELETE FROM hooked WHERE at < ?`, hooked))
}

// deleteRelays deletes events with their places in what stores are to be told.
func (t *tx) deleteRelays(where string, args ...any) error {
	all, err := list(t, `SELECT id FROM relays WHERE `+where, args, func(rows *sql.Rows, id *string) error { return rows.Scan(id) })
	if err != nil {
		return err
	}
	if err := t.DeleteChanges(edge.ChangeEvent, all); err != nil {
		return err
	}
	return t.exec(`DELETE FROM relays WHERE `+where, args...)
}
