// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"

	"redbench/sync/hq"
)

const entityColumns = `pos, kind, id, store, customer, at`

func scanEntity(rows *sql.Rows, e *hq.Entity) error {
	return rows.Scan(&e.Pos, &e.Kind, &e.ID, &e.Store, &e.Number, &e.At, &e.Body)
}

func (t *tx) EntitiesByID(kind hq.EntityKind, ids []string, bodies bool) (map[string]hq.Entity, error) {
	out := make(map[string]hq.Entity)
	if len(ids) == 0 {
		return out, nil
	}
	wanted, err := among(ids)
	if err != nil {
		return nil, err
	}
	body := `NULL`
	if bodies {
		body = `body`
	}
	err = t.each(`SELECT `+entityColumns+`, `+body+` FROM entities WHERE kind = ? AND id IN (SELECT value FROM json_each(?))`,
		[]any{int(kind), wanted}, func(rows *sql.Rows) error {
			var e hq.Entity
			err := scanEntity(rows, &e)
			out[e.ID] = e
			return err
		})
	return out, err
}

func (t *tx) PutEntities(all []hq.Entity) error {
	values := make([]any, 0, 7*len(all))
	for i := range all {
		e := &all[i]
		values = append(values, e.Pos, int(e.Kind), e.ID, e.Store, e.Number, e.At, e.Body)
	}
	return t.insert(`INSERT INTO entities (pos, kind, id, store, customer, at, body)`, 7, values,
		` ON CONFLICT (id, kind) DO UPDATE SET pos = excluded.pos, store = excluded.store, customer = excluded.customer, at = excluded.at, body = excluded.body`)
}

func (t *tx) EntitiesOf(number int64, kind hq.EntityKind, limit int) ([]hq.Entity, error) {
	return list(t, `SELECT `+entityColumns+`, body FROM entities WHERE customer = ? AND customer > 0 AND kind = ? ORDER BY at DESC, pos DESC LIMIT ?`,
		[]any{number, int(kind), limited(limit)}, scanEntity)
}

func (t *tx) EntitiesAt(number int64, kind hq.EntityKind, at int64) ([]hq.Entity, error) {
	return list(t, `SELECT `+entityColumns+`, body FROM entities WHERE customer = ? AND customer > 0 AND kind = ? AND at = ? ORDER BY pos`,
		[]any{number, int(kind), at}, scanEntity)
}

func (t *tx) EntitiesAfter(pos int64, limit int) ([]hq.Entity, error) {
	return list(t, `SELECT `+entityColumns+`, body FROM entities WHERE pos > ? ORDER BY pos LIMIT ?`, []any{pos, limited(limit)}, scanEntity)
}

func (t *tx) DeleteEntities(kind hq.EntityKind, ids []string) error {
	for _, id := range ids {
		if err := t.traceEntity(kind, id); err != nil {
			return err
		}
		if err := t.exec(`DELETE FROM entities WHERE id = ? AND kind = ?`, id, int(kind)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) CountEntities() (map[hq.EntityKind]int64, error) {
	out := map[hq.EntityKind]int64{}
	err := t.each(`SELECT kind, count(*) FROM entities GROUP BY kind`, nil, func(rows *sql.Rows) error {
		var kind hq.EntityKind
		var n int64
		err := rows.Scan(&kind, &n)
		out[kind] = n
		return err
	})
	return out, err
}
