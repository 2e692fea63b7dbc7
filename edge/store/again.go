// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"redbench/edge"
	"redbench/edge/backup"
	"redbench/edge/seal"
)

// Copies of the record are from before some erasures. They are carried out on a copy as an order from head office is, by the
// same code. Which are missing there is seen by comparing the orders that both have kept.

// CarriedOut is an erasure as a record has kept it.
type CarriedOut struct {
	Erasure edge.Erasure
	told    int
}

// KeptErasure is how long an erasure is, as a record keeps it, and when it was carried out there: one that has grown names more than
// it did.
type KeptErasure struct {
	Length int
	At     time.Time
}

// Kept gives the erasures that a record has kept, by their ids. still says that nobody has the record open.
func Kept(ctx context.Context, dir string, still bool) (all map[string]KeptErasure, err error) {
	open := backup.OpenBeside
	if still {
		open = backup.OpenStill
	}
	db := open(filepath.Join(dir, File))
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT id, length(body), at FROM orders WHERE id LIKE 'erasure %'`)
	if err != nil {
		return nil, fmt.Errorf("reading who was forgotten: %w", err)
	}
	defer func() { _ = rows.Close() }()
	all = map[string]KeptErasure{}
	for rows.Next() {
		var id string
		var each KeptErasure
		var at int64
		if err := rows.Scan(&id, &each.Length, &at); err != nil {
			return nil, fmt.Errorf("reading who was forgotten: %w", err)
		}
		each.At = time.UnixMicro(at)
		all[id] = each
	}
	return all, rows.Err()
}

// Lacks reports whether a copy's kept erasures lack any of a record's.
func Lacks(copy, record map[string]KeptErasure) bool {
	for id, each := range record {
		if copy[id].Length < each.Length {
			return true
		}
	}
	return false
}

// Erasures reads every erasure that the record of a state directory has kept, with the keys beside it. The first start of a box
// has none.
func Erasures(ctx context.Context, dir string, keys *seal.Box) (all []CarriedOut, err error) {
	db := backup.OpenBeside(filepath.Join(dir, File))
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT id, body, told FROM orders WHERE id LIKE 'erasure %' ORDER BY at, id`)
	if err != nil {
		return nil, fmt.Errorf("reading who was forgotten: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var body []byte
		var c CarriedOut
		if err := rows.Scan(&id, &body, &c.told); err != nil {
			return nil, fmt.Errorf("reading who was forgotten: %w", err)
		}
		plain, err := keys.OpenOwn("order "+id, body)
		if err != nil {
			return nil, fmt.Errorf("reading who was forgotten: %w", err)
		}
		var o edge.Order
		if err := json.Unmarshal(plain, &o); err != nil || o.Erasure == nil {
			return nil, fmt.Errorf("reading who was forgotten: %q is damaged", id)
		}
		c.Erasure = *o.Erasure
		all = append(all, c)
	}
	return all, rows.Err()
}

// ForgetAgain carries erasures out on a record that is from before them, and gives how many customers they meant. Nothing of
// these is in any file of it afterwards.
func (s *Store) ForgetAgain(ctx context.Context, all []CarriedOut) (found int, err error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	changes, told := make([]edge.Change, len(all)), map[string]int{}
	for i := range all {
		changes[i].Erasure = &all[i].Erasure
		told[all[i].Erasure.ID] = all[i].told
	}
	orders, release, err := s.plan(ctx, changes)
	if err != nil {
		return 0, fmt.Errorf("forgetting again: %w", err)
	}
	defer release()
	a, err := s.taking(ctx, func(a *applying) error {
		for _, o := range orders {
			if err := a.again(o, told[o.ID]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("forgetting again: %w", err)
	}
	return len(a.forgotten), s.eraseAside(ctx)
}

// again is erasure without a receipt: who ordered it has one.
func (a *applying) again(o *order, told int) error {
	var ids [][]byte
	for _, text := range o.Customers {
		ids = append(ids, idKey(text))
	}
	a.see(o.Stamp)
	refs, err := a.byIDs(ids)
	if err != nil {
		return err
	}
	if refs, err = a.alsoMet(o, refs); err != nil {
		return err
	}
	for _, ref := range refs {
		if err := a.eraseOrBegin(ref, o); err != nil {
			return fmt.Errorf("forgetting a customer: %w", err)
		}
	}
	return errors.Join(a.keepTombstones(o.Stamp, o.Chained, slices.Collect(maps.Keys(o.tombstones))),
		a.keepOrder(edge.Order{Erasure: &o.Erasure}, told), a.markGone(o.Stamp, append(ids, o.key)...))
}
