// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"fmt"
	"slices"

	"redbench/edge"
	"redbench/edge/seal"
)

// A tombstone keeps an old file from bringing a forgotten customer back. Of an identifier whose value is at hand it is
// made from the value, and outlives every change of keys; of one that rests as a hash alone it is made from that hash,
// and lives as long as the hash's key.

// named are the identifiers whose values are at hand: the one she is to be forgotten by, and the chain's own id, which
// rests sealed in her record.
func (s *Store) named(row profileRow, id edge.Identifier) []edge.Identifier {
	out := []edge.Identifier{id}
	_, key, err := s.customer(row)
	if err != nil {
		return out // damaged: she can be forgotten all the same
	}
	p, err := openPerson(key, row.sealed)
	if err != nil || p.chain == "" {
		return out
	}
	return append(out, edge.Identifier{Kind: edge.KindCustomer, Value: p.chain})
}

// tombstonesFor are those that keep a customer forgotten: of the identifiers whose values are at hand, by value and by
// hash under each key that any box of the chain may have, and of whatever else is hers alone by its hash.
func (w *work) tombstonesFor(ref edge.CustomerRef, named []edge.Identifier) (all [][32]byte, err error) {
	for _, id := range named {
		all = append(all, w.opt.Seal.Tombstones(id)...)
		for _, hash := range w.opt.Seal.HashesEverywhere(id) {
			all = append(all, w.opt.Seal.TombstonesOf(hash)...)
		}
	}
	hashes, err := w.onlyHers(ref)
	if err != nil {
		return nil, err
	}
	for _, hash := range hashes {
		all = append(all, w.opt.Seal.TombstonesOf(hash)...)
	}
	return all, nil
}

// keepTombstones keeps tombstones of an order, whose stamp tells later what was said after it; chained is as in edge.Erasure.
// Of two orders the later one counts, and both name the chain's own id or it is as if none did; told again, an order may have
// come to name it.
func (w *work) keepTombstones(order edge.Stamp, chained bool, tombstones [][32]byte) error {
	for _, t := range tombstones {
		err := w.exec(`INSERT INTO tombstones (hash, at, stamp, chained) VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE SET stamp = max(stamp, excluded.stamp),
			chained = CASE WHEN stamp = excluded.stamp THEN max(chained, excluded.chained) ELSE min(chained, excluded.chained) END`,
			t[:], w.opt.Now().UnixMicro(), order.String(), chained)
		if err != nil {
			return fmt.Errorf("keeping a tombstone: %w", err)
		}
	}
	return nil
}

// onlyHers are the hashes that find her and nobody else.
func (w *work) onlyHers(ref edge.CustomerRef) ([]seal.Hash, error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT i.key, i.hash FROM held h JOIN identifiers i ON i.hash = h.hash AND i.customer = h.customer
		WHERE h.customer = ? AND NOT EXISTS (SELECT 1 FROM identifiers o WHERE o.hash = h.hash AND o.customer <> h.customer)`, int64(ref))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var hashes []seal.Hash
	for rows.Next() {
		var hash sql.RawBytes
		var each seal.Hash
		if err := rows.Scan(&each.Key, &hash); err != nil {
			return nil, err
		}
		if len(hash) != len(each.Sum) {
			return nil, errRecord
		}
		copy(each.Sum[:], hash)
		hashes = append(hashes, each)
	}
	return hashes, rows.Err()
}

// loadForgotten reads the tombstones anew for each chunk: they are few, and one may have been added meanwhile.
func (im *customerImport) loadForgotten() error {
	rows, err := im.read.QueryContext(im.ctx, `SELECT hash FROM tombstones`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	im.forgotten = map[[32]byte]bool{}
	for rows.Next() {
		var hash []byte
		if err := rows.Scan(&hash); err != nil {
			return err
		}
		if len(hash) == 32 {
			im.forgotten[[32]byte(hash)] = true
		}
	}
	return rows.Err()
}

// buried gives the reason when she was forgotten and her rows state no new consent; where they do, the tombstones are noted
// that are lifted by it. An identifier that was shared, or was given to another since, is no forgotten customer's. One that was
// stays out of the rows of somebody who is known: whoever is told of it, and has not heard her say so, refuses it.
func (im *customerImport) buried(p *newcomer, owners map[[32]byte][]edge.CustomerRef) (reason string) {
	if len(im.forgotten) == 0 {
		return ""
	}
	stated := p.consent != "" && p.consent != edge.ConsentNone
	found := false
	isBuried := func(i identified) bool {
		if len(refsOf(owners, i)) > 0 {
			return false
		}
		graves := im.tombstonesOf(i)
		found = found || len(graves) > 0
		if stated {
			p.lift = append(p.lift, graves...)
			return false
		}
		return len(graves) > 0
	}
	left := slices.DeleteFunc(slices.Clone(p.identifiers), isBuried)
	if p.chainHash != nil {
		isBuried(p.primary())
	}
	switch {
	case !found || stated:
		return ""
	case len(refsOf(owners, p.primary())) == 0:
		return forgottenRow
	}
	p.identifiers = left
	return ""
}

// tombstonesOf are those that an identifier has.
func (im *customerImport) tombstonesOf(i identified) (has [][32]byte) {
	box := im.Store.opt.Seal
	all := box.Tombstones(edge.Identifier{Kind: i.kind, Value: i.value})
	for _, hash := range i.hashes {
		all = append(all, box.TombstonesOf(hash)...)
	}
	for _, t := range all {
		if im.forgotten[t] {
			has = append(has, t)
		}
	}
	return has
}
