// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"redbench/edge"
	"redbench/sync/hq"
)

func (t *tx) Erasure(id string) (r hq.ErasureRow, err error) {
	var body []byte
	if err := t.one(`SELECT pos, store, taken, body FROM erasures WHERE id = ?`, []any{id}, &r.Pos, &r.Store, &r.Taken, &body); err != nil {
		return r, err
	}
	return r, decode(body, &r.Order)
}

func (t *tx) PutErasure(r hq.ErasureRow) error {
	body, err := json.Marshal(r.Order)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO erasures (pos, id, store, taken, body) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET pos = excluded.pos, body = excluded.body`, r.Pos, r.Order.ID, r.Store, r.Taken, body)
}

func (t *tx) Spare(erasure string, tombstones [][]byte) error {
	values := make([]any, 0, 2*len(tombstones))
	for _, tombstone := range tombstones {
		values = append(values, erasure, tombstone)
	}
	return t.insert(`INSERT INTO spared (erasure, tombstone)`, 2, values, ` ON CONFLICT DO NOTHING`)
}

func (t *tx) SparedBy(erasure string) ([][]byte, error) {
	return list(t, `SELECT tombstone FROM spared WHERE erasure = ?`, []any{erasure}, func(rows *sql.Rows, out *[]byte) error { return rows.Scan(out) })
}

func (t *tx) ErasuresAfter(pos int64, limit int) ([]hq.ErasureRow, error) {
	return list(t, `SELECT pos, store, taken, body FROM erasures WHERE pos > ? ORDER BY pos LIMIT ?`, []any{pos, limited(limit)},
		func(rows *sql.Rows, r *hq.ErasureRow) error {
			var body []byte
			if err := rows.Scan(&r.Pos, &r.Store, &r.Taken, &body); err != nil {
				return err
			}
			return decode(body, &r.Order)
		})
}

func (t *tx) Waiting() ([]hq.ErasureRow, error) {
	return list(t, `SELECT store, taken, body FROM waiting ORDER BY number`, nil, func(rows *sql.Rows, r *hq.ErasureRow) error {
		var body []byte
		if err := rows.Scan(&r.Store, &r.Taken, &body); err != nil {
			return err
		}
		return decode(body, &r.Order)
	})
}

func (t *tx) PutWaiting(r hq.ErasureRow) error {
	body, err := json.Marshal(r.Order)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO waiting (id, store, taken, body) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body`, r.Order.ID, r.Store, r.Taken, body)
}

func (t *tx) DeleteWaiting(erasure string) error {
	return t.exec(`DELETE FROM waiting WHERE id = ?`, erasure)
}

func (t *tx) Owe(store string, erasures []string, since int64) error {
	values := make([]any, 0, 3*len(erasures))
	for _, id := range erasures {
		values = append(values, store, id, since)
	}
	return t.insert(`INSERT INTO owed (store, erasure, since)`, 3, values, ` ON CONFLICT DO NOTHING`)
}

func (t *tx) OweAll(store string, since int64) error {
	return t.exec(`INSERT INTO owed (store, erasure, since) SELECT ?1, id, ?2 FROM erasures e
		WHERE NOT EXISTS (SELECT 1 FROM receipts r WHERE r.erasure = e.id AND r.store = ?1) ON CONFLICT DO NOTHING`, store, since)
}

func (t *tx) OweNothing(store string) error { return t.exec(`DELETE FROM owed WHERE store = ?`, store) }

func (t *tx) Owing(store string) ([]hq.Owed, error) {
	where, args := ``, []any{}
	if store != "" { // by the index: each question of a box looks
		where, args = ` WHERE store = ?`, []any{store}
	}
	return list(t, `SELECT store, erasure, since FROM owed`+where+` ORDER BY since, store, erasure`, args,
		func(rows *sql.Rows, o *hq.Owed) error { return rows.Scan(&o.Store, &o.Erasure, &o.Since) })
}

func (t *tx) PutReceipt(store string, r edge.Receipt) error {
	err := t.exec(`INSERT INTO receipts (erasure, store, at, found) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET at = excluded.at, found = max(found, excluded.found)`, r.Erasure, store, micros(r.At), r.Found)
	if err != nil {
		return err
	}
	return t.exec(`DELETE FROM owed WHERE store = ? AND erasure = ?`, store, r.Erasure)
}

func (t *tx) Receipts(erasure string) (map[string]edge.Receipt, error) {
	out := map[string]edge.Receipt{}
	err := t.each(`SELECT store, at, found FROM receipts WHERE erasure = ?`, []any{erasure}, func(rows *sql.Rows) error {
		r := edge.Receipt{Erasure: erasure}
		var store string
		var at int64
		err := rows.Scan(&store, &at, &r.Found)
		r.At = moment(at)
		out[store] = r
		return err
	})
	return out, err
}

func (t *tx) Gone(ids []string) (map[string]edge.Stamp, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	wanted, err := among(ids)
	if err != nil {
		return nil, err
	}
	return t.stamps(`SELECT id, stamp FROM gone WHERE id IN (SELECT value FROM json_each(?))`, wanted)
}

func (t *tx) Buried(tombstones [][]byte) (map[string]hq.Burial, error) {
	if len(tombstones) == 0 {
		return nil, nil
	}
	wanted, err := amongBytes(tombstones)
	if err != nil {
		return nil, err
	}
	out := map[string]hq.Burial{}
	const query = `SELECT tombstone, stamp, chained FROM buried WHERE tombstone IN (SELECT unhex(value) FROM json_each(?))`
	err = t.each(query, []any{wanted}, func(rows *sql.Rows) error {
		var tombstone []byte
		var text string
		var by hq.Burial
		if err := rows.Scan(&tombstone, &text, &by.Chained); err != nil {
			return err
		}
		by.At, err = edge.ParseStamp(text)
		out[string(tombstone)] = by
		return err
	})
	return out, err
}

func (t *tx) stamps(query, wanted string) (map[string]edge.Stamp, error) {
	out := map[string]edge.Stamp{}
	err := t.each(query, []any{wanted}, func(rows *sql.Rows) error {
		var key []byte
		var text string
		if err := rows.Scan(&key, &text); err != nil {
			return err
		}
		stamp, err := edge.ParseStamp(text)
		out[string(key)] = stamp
		return err
	})
	return out, err
}

// The text form of stamps sorts as they do, so that the later one can be kept by comparing texts.
func (t *tx) PutGone(ids []string, at edge.Stamp) error {
	values := make([]any, 0, 2*len(ids))
	for _, id := range ids {
		values = append(values, id, at.String())
	}
	return t.insert(`INSERT INTO gone (id, stamp)`, 2, values, ` ON CONFLICT DO UPDATE SET stamp = max(stamp, excluded.stamp)`)
}

func (t *tx) Refused(ids []string) (map[string]edge.Stamp, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	wanted, err := among(ids)
	if err != nil {
		return nil, err
	}
	return t.stamps(`SELECT id, stamp FROM refused WHERE id IN (SELECT value FROM json_each(?))`, wanted)
}

func (t *tx) Refuse(id string, at edge.Stamp) error {
	return t.exec(`INSERT INTO refused (id, stamp) VALUES (?, ?) ON CONFLICT DO UPDATE SET stamp = max(stamp, excluded.stamp)`, id, at.String())
}

func (t *tx) TakeUp(id string) error { return t.exec(`DELETE FROM refused WHERE id = ?`, id) }

// PutBuried keeps the later of two orders. Told again, an order may have come to name the chain's own id.
func (t *tx) PutBuried(tombstones [][]byte, by hq.Burial) error {
	values := make([]any, 0, 3*len(tombstones))
	for _, tombstone := range tombstones {
		values = append(values, tombstone, by.At.String(), by.Chained)
	}
	return t.insert(`INSERT INTO buried (tombstone, stamp, chained)`, 3, values, ` ON CONFLICT DO UPDATE SET stamp = max(stamp, excluded.stamp),
		chained = CASE WHEN stamp = excluded.stamp THEN max(chained, excluded.chained) ELSE min(chained, excluded.chained) END`)
}

func (t *tx) HasBuried() (has bool, err error) {
	err = t.one(`SELECT EXISTS (SELECT 1 FROM buried)`, nil, &has)
	return has, err
}

func decode(data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("reading a row of the database: %w", err)
	}
	return nil
}
