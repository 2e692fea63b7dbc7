// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"encoding/json"
	"errors"

	"redbench/edge"
	"redbench/sync/hq"
)

func (t *tx) Upto(store, box string) (upto uint64, err error) {
	err = t.one(`SELECT upto FROM outboxes WHERE store = ? AND box = ?`, []any{store, box}, &upto)
	if errors.Is(err, edge.ErrNotFound) {
		return 0, nil
	}
	return upto, err
}

func (t *tx) PutUpto(store, box string, upto uint64) error {
	return t.exec(`INSERT INTO outboxes (store, box, upto) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET upto = excluded.upto`,
		store, box, int64(upto))
}

func (t *tx) GiveUp(store string, boxes []string) error {
	values := make([]any, 0, 2*len(boxes))
	for _, box := range boxes {
		values = append(values, store, box)
	}
	return t.insert(`INSERT INTO given_up (store, box)`, 2, values, ` ON CONFLICT DO NOTHING`)
}

func (t *tx) GivenUp(store, box string) (is bool, err error) {
	err = t.one(`SELECT EXISTS (SELECT 1 FROM given_up WHERE store = ? AND box = ?)`, []any{store, box}, &is)
	return is, err
}

// outbox is the number of an outbox, which PutUpto has made.
func (t *tx) outbox(store, box string) (number int64, err error) {
	err = t.one(`SELECT number FROM outboxes WHERE store = ? AND box = ?`, []any{store, box}, &number)
	return number, err
}

func (t *tx) Received(store, box string, seqs []uint64) (map[uint64]string, error) {
	number, err := t.outbox(store, box)
	if errors.Is(err, edge.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	wanted, err := json.Marshal(seqs)
	if err != nil {
		return nil, err
	}
	out := make(map[uint64]string, len(seqs))
	err = t.each(`SELECT seq, id FROM received WHERE outbox = ? AND seq IN (SELECT value FROM json_each(?))`, []any{number, string(wanted)},
		func(rows *sql.Rows) error {
			var seq uint64
			var id string
			err := rows.Scan(&seq, &id)
			out[seq] = id
			return err
		})
	return out, err
}

func (t *tx) PutReceived(store, box string, records []hq.Received, before uint64) error {
	number, err := t.outbox(store, box)
	if err != nil {
		return err
	}
	values := make([]any, 0, 3*len(records))
	for _, r := range records {
		values = append(values, number, int64(r.Seq), r.ID)
	}
	if err := t.insert(`INSERT INTO received (outbox, seq, id)`, 3, values, ""); err != nil {
		return err
	}
	return t.exec(`DELETE FROM received WHERE outbox = ? AND seq <= ?`, number, int64(before))
}
