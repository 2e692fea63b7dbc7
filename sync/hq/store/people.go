// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"redbench/edge"
	"redbench/sync/hq"
)

func (t *tx) Numbers(ids []string) (map[string]hq.Known, error) {
	out := make(map[string]hq.Known, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	wanted, err := among(ids)
	if err != nil {
		return nil, err
	}
	err = t.each(`SELECT i.id, i.customer, p.after FROM ids i JOIN people p ON p.number = i.customer
		WHERE i.id IN (SELECT value FROM json_each(?))`, []any{wanted}, func(rows *sql.Rows) error {
		var id string
		var k hq.Known
		err := rows.Scan(&id, &k.Number, &k.After)
		out[id] = k
		return err
	})
	return out, err
}

func (t *tx) PutIDs(number int64, ids []string) error {
	values := make([]any, 0, 2*len(ids))
	for _, id := range ids {
		values = append(values, id, number)
	}
	return t.insert(`INSERT INTO ids (id, customer)`, 2, values, ` ON CONFLICT DO UPDATE SET customer = excluded.customer`)
}

func (t *tx) Person(number int64) (hq.Person, error) {
	p := hq.Person{Number: number}
	err := t.one(`SELECT after, wrapped, sealed FROM people WHERE number = ?`, []any{number}, &p.After, &p.Wrapped, &p.Sealed)
	return p, err
}

func (t *tx) PersonsAfter(number int64, limit int) ([]hq.Person, error) {
	return list(t, `SELECT number, after, wrapped, sealed FROM people WHERE number > ? ORDER BY number LIMIT ?`, []any{number, limited(limit)},
		func(rows *sql.Rows, p *hq.Person) error { return rows.Scan(&p.Number, &p.After, &p.Wrapped, &p.Sealed) })
}

func (t *tx) PutPerson(p hq.Person) error {
	return t.exec(`INSERT INTO people (number, after, wrapped, sealed) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET after = excluded.after, wrapped = excluded.wrapped, sealed = excluded.sealed`,
		p.Number, p.After, p.Wrapped, p.Sealed)
}

// deletes take out all that leads to ?1.
var deletes = [...]string{
	`DELETE FROM interest WHERE customer = ?1`,
	`DELETE FROM identifiers WHERE customer = ?1`,
	`DELETE FROM ids WHERE customer = ?1`,
	`DELETE FROM people WHERE number = ?1`,
}

func (t *tx) DeletePerson(number int64) error {
	if err := t.tracePerson(number); err != nil {
		return err
	}
	for _, query := range deletes {
		if err := t.exec(query, number); err != nil {
			return err
		}
	}
	return nil
}

// moves give all that is ?1's to ?2. That customer > 0 is said for the index, which has no strangers.
var moves = [...]string{
	`UPDATE ids SET customer = ?2 WHERE customer = ?1`,
	`UPDATE OR IGNORE identifiers SET customer = ?2 WHERE customer = ?1`,
	`INSERT INTO interest (customer, store, ids) SELECT ?2, store, ids FROM interest WHERE customer = ?1
		ON CONFLICT DO UPDATE SET ids = trim(ids || ' ' || excluded.ids)`,
	`UPDATE entities SET customer = ?2 WHERE customer = ?1 AND customer > 0`,
}

func (t *tx) MovePerson(from, to int64) error {
	for _, query := range moves {
		if err := t.exec(query, from, to); err != nil {
			return err
		}
	}
	return t.DeletePerson(from)
}

func (t *tx) Owners(hashes [][]byte) (map[string][]int64, error) {
	out := make(map[string][]int64, len(hashes))
	if len(hashes) == 0 {
		return out, nil
	}
	wanted, err := amongBytes(hashes)
	if err != nil {
		return nil, err
	}
	err = t.each(`SELECT hash, customer FROM identifiers WHERE hash IN (SELECT unhex(value) FROM json_each(?)) ORDER BY customer`, []any{wanted},
		func(rows *sql.Rows) error {
			var hash []byte
			var number int64
			if err := rows.Scan(&hash, &number); err != nil {
				return err
			}
			out[string(hash)] = append(out[string(hash)], number)
			return nil
		})
	return out, err
}

func (t *tx) PutIdentifiers(number int64, ids []edge.IdentifierHash) error {
	values := make([]any, 0, 4*len(ids))
	for _, id := range ids {
		values = append(values, id.Sum, int64(id.Key), string(id.Kind), number)
	}
	return t.insert(`INSERT INTO identifiers (hash, key, kind, customer)`, 4, values, ` ON CONFLICT DO NOTHING`)
}

func (t *tx) IdentifiersOf(number int64) ([]edge.IdentifierHash, error) {
	return list(t, `SELECT hash, key, kind FROM identifiers WHERE customer = ? ORDER BY hash`, []any{number},
		func(rows *sql.Rows, h *edge.IdentifierHash) error { return rows.Scan(&h.Sum, &h.Key, &h.Kind) })
}

func (t *tx) IDsOf(number int64) ([]string, error) {
	return list(t, `SELECT id FROM ids WHERE customer = ? ORDER BY id`, []any{number},
		func(rows *sql.Rows, id *string) error { return rows.Scan(id) })
}

func (t *tx) IdentifiersAfter(row int64, limit int) ([]hq.Identified, error) {
	return list(t, `SELECT number, customer, hash, key, kind FROM identifiers WHERE number > ? ORDER BY number LIMIT ?`, []any{row, limit},
		func(rows *sql.Rows, i *hq.Identified) error {
			return rows.Scan(&i.Row, &i.Number, &i.Hash.Sum, &i.Hash.Key, &i.Hash.Kind)
		})
}

func (t *tx) Interested(number int64) ([]string, error) {
	return list(t, `SELECT store FROM interest WHERE customer = ? ORDER BY store`, []any{number},
		func(rows *sql.Rows, store *string) error { return rows.Scan(store) })
}

// maxCalls is how many bytes of ids a store's row holds at the most: some hundred.
const maxCalls = 4096

// A row that changes nothing is not returned; one that is new has this id alone. (An older release kept none: then the id
// stands behind a space.)
func (t *tx) AddInterest(store string, calls []hq.Calling) (added []int64, err error) {
	if len(calls) == 0 {
		return nil, nil
	}
	pairs := make([][2]any, len(calls))
	for i, c := range calls {
		pairs[i] = [2]any{c.Number, c.ID}
	}
	all, err := json.Marshal(pairs)
	if err != nil {
		return nil, err
	}
	err = t.each(`INSERT INTO interest (customer, store, ids) SELECT value ->> 0, ?1, value ->> 1 FROM json_each(?2) WHERE true
		ON CONFLICT DO UPDATE SET ids = ids || ' ' || excluded.ids
			WHERE instr(' ' || ids || ' ', ' ' || excluded.ids || ' ') = 0 AND length(ids) < ?3
		RETURNING customer, instr(ids, ' ') = 0`, []any{store, string(all), maxCalls}, func(rows *sql.Rows) error {
		var number int64
		var isNew bool
		err := rows.Scan(&number, &isNew)
		if isNew {
			added = append(added, number)
		}
		return err
	})
	return added, err
}

func (t *tx) Called(store string, numbers []int64) (map[int64][]string, error) {
	out := make(map[int64][]string, len(numbers))
	wanted, err := json.Marshal(numbers)
	if err != nil || len(numbers) == 0 {
		return out, err
	}
	err = t.each(`SELECT customer, ids FROM interest WHERE store = ? AND customer IN (SELECT value FROM json_each(?))`,
		[]any{store, string(wanted)}, func(rows *sql.Rows) error {
			var number int64
			var ids string
			err := rows.Scan(&number, &ids)
			out[number] = slices.Sorted(slices.Values(strings.Fields(ids)))
			return err
		})
	return out, err
}
