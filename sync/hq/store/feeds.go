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
	return list(t, `SELECT store, pos, kind, id, customer, own FROM changes WHERE store = ? AND pos > ? AND (own = 0 OR pos <= ?) ORDER BY pos LIMIT ?`,
		[]any{store, after, full, limited(limit)}, func(rows *sql.Rows, c *hq.ChangeRow) error {
			return rows.Scan(&c.Store, &c.Pos, &c.Kind, &c.ID, &c.Number, &c.Own)
		})
}

func (t *tx) DeleteChanges(kind edge.ChangeKind, ids []string) error {
	for _, id := range ids {
		if err := t.exec(`DELETE FROM changes WHERE kind = ? AND id = ?`, string(kind), id); err != nil {
			return err
		}
	}
	return nil
}
