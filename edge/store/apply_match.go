// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"redbench/edge"
)

// idsOf are all ids of a customer at rest. What is no UUID was never made by a box or head office.
func idsOf(c edge.CustomerState) (ids [][]byte, err error) {
	for _, text := range append([]string{c.ID}, c.Also...) {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("a customer's id: %w", err)
		}
		ids = append(ids, id[:])
	}
	return ids, nil
}

// isGone reports whether an id is of somebody who was forgotten, of a deleted fact, or of an order that was carried out.
func isGone(ctx context.Context, q queryer, id []byte) (gone bool, err error) {
	if err := q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM gone WHERE id = ?)`, id).Scan(&gone); err != nil {
		return false, fmt.Errorf("looking for what is gone: %w", err)
	}
	return gone, nil
}

// staysGone reports whether somebody is gone by any of her ids. Where head office has her because she has said since that she
// wants to be known, her ids are hers again: it does not tell of one whom an order names.
func (w *work) staysGone(c edge.CustomerState, ids [][]byte) (bool, error) {
	var back [][]byte
	for _, id := range ids {
		var at sql.NullString
		err := w.tx.QueryRowContext(w.ctx, `SELECT stamp FROM gone WHERE id = ?`, id).Scan(&at)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("looking for what is gone: %w", err)
		}
		if stamp, err := edge.ParseStamp(at.String); err != nil || stamp.IsZero() || !yields(stamp, c) {
			return true, nil
		}
		back = append(back, id)
	}
	for _, id := range back {
		if err := w.exec(`DELETE FROM gone WHERE id = ?`, id); err != nil {
			return false, fmt.Errorf("taking up who was gone: %w", err)
		}
	}
	return false, nil
}

// markGone notes whom an order took out, with its stamp, and the order itself.
func (w *work) markGone(order edge.Stamp, ids ...[]byte) error {
	for _, id := range ids {
		err := w.exec(`INSERT INTO gone (id, at, stamp) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET stamp = max(coalesce(stamp, ''), excluded.stamp)`,
			id, w.opt.Now().UnixMicro(), order.String())
		if err != nil {
			return fmt.Errorf("noting what is gone: %w", err)
		}
	}
	return nil
}

// byIDs finds the customers that some ids name here, each once, in the order of their numbers.
func (w *work) byIDs(ids [][]byte) (refs []edge.CustomerRef, err error) {
	for _, id := range ids {
		var ref int64
		err := w.tx.QueryRowContext(w.ctx, `SELECT ref FROM customers WHERE id = ?1 UNION SELECT customer FROM aliases WHERE id = ?1`, id).Scan(&ref)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return nil, fmt.Errorf("finding a customer by id: %w", err)
		case !slices.Contains(refs, edge.CustomerRef(ref)):
			refs = append(refs, edge.CustomerRef(ref))
		}
	}
	slices.Sort(refs)
	return refs, nil
}

// byIdentifier finds the one customer here whom head office must mean, though it does not know this box's id of her yet:
// as an import would, by the chain's own id, else by an identifier that nobody shares, unless both have an id of the
// chain.
func (w *work) byIdentifier(c edge.CustomerState) (edge.CustomerRef, error) {
	named := slices.ContainsFunc(c.Identifiers, isChain)
	for _, chain := range []bool{true, false} {
		for _, i := range c.Identifiers {
			if isChain(i) != chain {
				continue
			}
			owners, err := w.ownersOf(i.Sum)
			if err != nil {
				return edge.Stranger, err
			}
			if len(owners) != 1 {
				continue
			}
			if !chain && named {
				household, err := w.hasChain(owners[0])
				if err != nil {
					return edge.Stranger, err
				}
				if household {
					continue
				}
			}
			return owners[0], nil
		}
	}
	return edge.Stranger, nil
}

func isChain(i edge.IdentifierHash) bool { return i.Kind == edge.KindCustomer }

func (w *work) hasChain(ref edge.CustomerRef) (bool, error) {
	var has bool
	err := w.tx.QueryRowContext(w.ctx, `SELECT EXISTS (SELECT 1 FROM held WHERE customer = ? AND kind = 'customer')`, int64(ref)).Scan(&has)
	return has, err
}

func (w *work) ownersOf(hash []byte) (refs []edge.CustomerRef, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT customer FROM identifiers WHERE hash = ?`, hash)
	if err != nil {
		return nil, fmt.Errorf("finding a customer by identifier: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var ref int64
		if err := rows.Scan(&ref); err != nil {
			return nil, err
		}
		refs = append(refs, edge.CustomerRef(ref))
	}
	return refs, rows.Err()
}

func (w *work) liftTombstones(on map[[32]byte]edge.Stamp) error {
	for hash := range on {
		if err := w.exec(`DELETE FROM tombstones WHERE hash = ?`, hash[:]); err != nil {
			return fmt.Errorf("lifting a tombstone: %w", err)
		}
	}
	return nil
}
