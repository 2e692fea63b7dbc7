// SPDX-License-Identifier: Apache-2.0

package erasure

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	_ "github.com/mattn/go-sqlite3" // to read what rests of her

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/needle"
	"redbench/cmd/rig/office"
	"redbench/edge"
	"redbench/edge/seal"
	"redbench/edge/store"
	"redbench/sync/hq"
	hqstore "redbench/sync/hq/store"
)

// her is whom the story is about. No other customer has any of it.
type her struct {
	chain, card, phone, email, name, say, fact, note string
}

func newHer() her {
	return her{chain: "C-ZQ-104277", card: "2912777000123", phone: "+4915112345678", email: "zerlinde@quastenflosser.example",
		name: "Zerlinde Quastenflosser", say: "tser-LIN-deh KVAS", fact: "Plays the glass armonica", note: "Her sister Ottilie tunes carillons"}
}

func (h her) identifiers() []edge.Identifier {
	return []edge.Identifier{{Kind: edge.KindCustomer, Value: h.chain}, {Kind: edge.KindCard, Value: h.card},
		{Kind: edge.KindPhone, Value: h.phone}, {Kind: edge.KindEmail, Value: h.email}}
}

func (h her) texts() []string {
	return []string{h.chain, h.card, h.phone, h.phone[1:], h.email, h.name, "Quastenflosser", h.say, h.fact, h.note}
}

// needles are what would betray her.
type needles struct{ *needle.Set }

// box adds what would betray her on a box: her hashes under every key that it ever had, and what rests of her.
func (n needles) box(ctx context.Context, b *box.Box, h her) error {
	keys, err := seal.Open(b.State())
	if err != nil {
		return err
	}
	sums := n.hashes(keys.HashesEverywhere, h)
	return query(ctx, filepath.Join(b.State(), store.File), func(db *sql.DB) error {
		return n.resting(ctx, db, sums, `SELECT customer FROM identifiers WHERE hash = ?`,
			resting{needle.Wrapped, `SELECT wrapped FROM customers WHERE ref = ?`},
			resting{needle.Sealed, `SELECT sealed FROM customers WHERE ref = ?`},
			resting{needle.Sealed, `SELECT tap FROM customers WHERE ref = ? AND tap IS NOT NULL`},
			resting{needle.Sealed, `SELECT sealed FROM facts WHERE customer = ?`},
			resting{needle.Sealed, `SELECT sealed FROM prompts WHERE customer = ?`},
			resting{needle.Sealed, `SELECT sealed FROM said WHERE customer = ?`})
	})
}

// office adds what would betray her at head office.
func (n needles) office(ctx context.Context, o *office.Office, h her) error {
	keys, err := seal.OpenChain(o.State())
	if err != nil {
		return err
	}
	sums := n.hashes(keys.HashesEverywhere, h)
	return query(ctx, filepath.Join(o.State(), hqstore.File), func(db *sql.DB) error {
		return n.resting(ctx, db, sums, `SELECT customer FROM identifiers WHERE hash = ?`,
			resting{needle.Wrapped, `SELECT wrapped FROM people WHERE number = ?`},
			resting{needle.Sealed, `SELECT sealed FROM people WHERE number = ?`},
			resting{needle.Sealed, fmt.Sprintf(`SELECT body FROM entities WHERE kind = %d AND customer = ?`, hq.EntityFact)})
	})
}

func (n needles) hashes(under func(edge.Identifier) []seal.Hash, h her) (sums [][]byte) {
	for _, id := range h.identifiers() {
		for _, hash := range under(id) {
			n.Bytes(needle.Hash, hash.Sum[:])
			sums = append(sums, hash.Sum[:])
		}
	}
	return sums
}

// resting is what rests of a customer, by her number.
type resting struct {
	kind  needle.Kind
	query string
}

// resting adds what rests of whoever has one of the hashes, and fails where nothing does.
func (n needles) resting(ctx context.Context, db *sql.DB, sums [][]byte, who string, what ...resting) error {
	numbers := map[int64]bool{}
	for _, sum := range sums {
		err := each(ctx, db, who, sum, func(row func(...any) error) error {
			var number int64
			err := row(&number)
			numbers[number] = true
			return err
		})
		if err != nil {
			return err
		}
	}
	if len(numbers) == 0 {
		return errors.New("nobody has any of her hashes: the story's control fails")
	}
	for number := range numbers {
		for _, w := range what {
			err := each(ctx, db, w.query, number, func(row func(...any) error) error {
				var blob []byte
				err := row(&blob)
				n.Blob(w.kind, blob)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func each(ctx context.Context, db *sql.DB, query string, arg any, scan func(row func(...any) error) error) error {
	rows, err := db.QueryContext(ctx, query, arg)
	if err != nil {
		return fmt.Errorf("reading what rests of her: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// query opens a database that a program may be using.
func query(ctx context.Context, file string, do func(*sql.DB) error) error {
	db, err := sql.Open("sqlite3", "file:"+file+"?_busy_timeout=5000")
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}
