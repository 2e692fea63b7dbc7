// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"

	"redbench/edge"
	"redbench/sync/hq"
)

func (t *tx) PutChanges(all []hq.ChangeRow) error {
	values := make([]any, 0, 6*len(all))
	for _, c := range all {
		values = append(values, c.Store, c.Pos, string(c.Kind), c.ID, c.Number, c.Own)
	}
	return t.insert(`INSERT INTO changes (store, pos, kind, id, customer, own)`, 6, values,
		` ON CONFLICT (kind, id, store) DO UPDATE SET pos = excluded.pos, customer = excluded.customer, own = excluded.own`)
}

func (t *tx) ChangesAfter(store string, after, full int64, limit int) ([]hq.ChangeRow, error) {
	which := `own = 0` // in an index of its own: a store that tells much does not look through all that it told
	if full > after {
		which = `(own = 0 OR pos <= ?3)`
	}
	return list(t, `SELECT store, pos, kind, id, customer, own FROM changes WHERE store = ?1 AND pos > ?2 AND `+which+` ORDER BY pos LIMIT ?4`,
		[]any{store, after, full, limited(limit)}, func(rows *sql.Rows, c *hq.ChangeRow) error {
			return rows.Scan(&c.Store, &c.Pos, &c.Kind, &c.ID, &c.Number, &c.Own)
		})
}

func (t *tx) Places(store string, kind edge.ChangeKind, ids []string) (map[string]int64, error) {
	out := make(map[string]int64, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	wanted, err := among(ids)
	if err != nil {
		return nil, err
	}
	err = t.each(`SELECT id, pos FROM changes WHERE kind = ? AND store = ? AND id IN (SELECT value FROM json_each(?))`,
		[]any{string(kind), store, wanted}, func(rows *sql.Rows) error {
			var id string
			var pos int64
			err := rows.Scan(&id, &pos)
			out[id] = pos
			return err
		})
	return out, err
}

func (t *tx) DropFeed(store string) error {
	if err := t.exec(`DELETE FROM changes WHERE store = ?`, store); err != nil {
		return err
	}
	return t.exec(`DELETE FROM interest WHERE store = ?`, store)
}

func (t *tx) DeleteChanges(kind edge.ChangeKind, ids []string) error {
	for _, id := range ids {
		if err := t.exec(`DELETE FROM changes WHERE kind = ? AND id = ?`, string(kind), id); err != nil {
			return err
		}
	}
	return nil
}
