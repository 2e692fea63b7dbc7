// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"encoding/json"
	"time"

	"redbench/sync/hq"
)

func (t *tx) Stores() ([]hq.StoreRow, error) {
	return list(t, `SELECT row FROM stores ORDER BY id`, nil, func(rows *sql.Rows, r *hq.StoreRow) error {
		var row []byte
		if err := rows.Scan(&row); err != nil {
			return err
		}
		return decode(row, r)
	})
}

func (t *tx) StoreRow(id string) (r hq.StoreRow, err error) {
	var row []byte
	if err := t.one(`SELECT row FROM stores WHERE id = ?`, []any{id}, &row); err != nil {
		return r, err
	}
	return r, decode(row, &r)
}

func (t *tx) PutStore(r hq.StoreRow) error {
	row, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO stores (id, row) VALUES (?, ?) ON CONFLICT DO UPDATE SET row = excluded.row`, r.ID, row)
}

func (t *tx) Code(hash [32]byte) (hq.CodeRow, error) {
	r := hq.CodeRow{Hash: hash}
	var expires int64
	err := t.one(`SELECT store, expires FROM codes WHERE hash = ?`, []any{hash[:]}, &r.Store, &expires)
	r.Expires = moment(expires)
	return r, err
}

func (t *tx) PutCode(r hq.CodeRow) error {
	return t.exec(`INSERT INTO codes (hash, store, expires) VALUES (?, ?, ?)`, r.Hash[:], r.Store, micros(r.Expires))
}

func (t *tx) DeleteCodes(store string, before time.Time) error {
	return t.exec(`DELETE FROM codes WHERE store = ? OR expires < ?`, store, micros(before))
}

func (t *tx) Playbooks() ([]hq.PlaybookRow, error) {
	return list(t, `SELECT row FROM playbooks ORDER BY version DESC`, nil, func(rows *sql.Rows, r *hq.PlaybookRow) error {
		var row []byte
		if err := rows.Scan(&row); err != nil {
			return err
		}
		return decode(row, r)
	})
}

func (t *tx) Playbook(version int) (r hq.PlaybookRow, err error) {
	var row, body []byte
	if err := t.one(`SELECT row, body FROM playbooks WHERE version = ?`, []any{version}, &row, &body); err != nil {
		return r, err
	}
	if err := decode(row, &r); err != nil {
		return r, err
	}
	r.Published.Body = body
	return r, nil
}

// PutPlaybook writes the body at the first time only: it never changes, and lists of playbooks come without.
func (t *tx) PutPlaybook(r hq.PlaybookRow) error {
	body := r.Published.Body
	if body == nil {
		body = []byte{}
	}
	r.Published.Body = nil
	row, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO playbooks (version, row, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row`,
		r.Published.Version, row, body)
}

func (t *tx) Users() ([]hq.UserRow, error) {
	return list(t, `SELECT name, role, hash, added FROM users ORDER BY name`, nil, func(rows *sql.Rows, u *hq.UserRow) error {
		return scanUser(rows.Scan, u)
	})
}

func (t *tx) User(name string) (u hq.UserRow, err error) {
	err = scanUser(func(into ...any) error {
		return t.one(`SELECT name, role, hash, added FROM users WHERE name = ?`, []any{name}, into...)
	}, &u)
	return u, err
}

func scanUser(scan func(...any) error, u *hq.UserRow) error {
	var hash []byte
	var added int64
	if err := scan(&u.Name, &u.Role, &hash, &added); err != nil {
		return err
	}
	copy(u.Hash[:], hash)
	u.Added = moment(added)
	return nil
}

func (t *tx) PutUser(u hq.UserRow) error {
	return t.exec(`INSERT INTO users (name, role, hash, added) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET role = excluded.role, hash = excluded.hash`, u.Name, string(u.Role), u.Hash[:], micros(u.Added))
}

func (t *tx) DeleteUser(name string) error {
	if err := t.exec(`DELETE FROM sessions WHERE user = ?`, name); err != nil {
		return err
	}
	return t.exec(`DELETE FROM users WHERE name = ?`, name)
}

func (t *tx) Session(hash [32]byte) (hq.SessionRow, error) {
	r := hq.SessionRow{Hash: hash}
	var expires int64
	err := t.one(`SELECT user, expires FROM sessions WHERE hash = ?`, []any{hash[:]}, &r.User, &expires)
	r.Expires = moment(expires)
	return r, err
}

func (t *tx) PutSession(r hq.SessionRow) error {
	return t.exec(`INSERT INTO sessions (hash, user, expires) VALUES (?, ?, ?)`, r.Hash[:], r.User, micros(r.Expires))
}

func (t *tx) DeleteSession(hash [32]byte) error {
	return t.exec(`DELETE FROM sessions WHERE hash = ?`, hash[:])
}

func (t *tx) DeleteSessions(before time.Time) error {
	return t.exec(`DELETE FROM sessions WHERE expires < ?`, micros(before))
}
