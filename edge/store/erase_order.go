// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

// order is an erasure from head office, and whom it was found to mean here before its transaction began.
type order struct {
	edge.Erasure
	key        []byte                // by which it is known that it was carried out
	done       bool                  // it was carried out before
	tombstones map[[32]byte]struct{} // but for those that it had then
	met        []met                 // identifiers that its tombstones meet
}

// met is an identifier at rest that a tombstone meets.
type met struct {
	ref       edge.CustomerRef
	hash      []byte
	tombstone [32]byte
}

// plan reads the erasures of a page, and looks for whom they mean. Her ids are not enough: this box may know her by one
// that nobody else has heard of. release is to be called when they are carried out.
func (s *Store) plan(ctx context.Context, changes []edge.Change) (orders []*order, release func(), err error) {
	meets := map[[32]byte][]*order{}
	for _, c := range changes {
		if c.Erasure == nil {
			continue
		}
		o := &order{Erasure: *c.Erasure, key: idKey(c.Erasure.ID), tombstones: map[[32]byte]struct{}{}}
		orders = append(orders, o)
		for _, t := range o.Erasure.Tombstones {
			if len(t) != 32 {
				return nil, nil, fmt.Errorf("erasure %s: a tombstone of %d bytes", o.ID, len(t))
			}
			o.tombstones[[32]byte(t)] = struct{}{}
		}
		if o.done, err = isGone(ctx, s.read, o.key); err == nil && o.done {
			err = s.leaveWhatItHad(ctx, o)
		}
		if err != nil {
			return nil, nil, err
		}
		for t := range o.tombstones {
			meets[t] = append(meets[t], o)
		}
	}
	if len(meets) == 0 {
		return orders, func() {}, nil
	}
	release = s.holdRehash()
	back := s.admin.aside() // whom head office finds meanwhile is taken in
	err = s.lookThrough(ctx, meets)
	back()
	if err != nil {
		release()
		return nil, nil, fmt.Errorf("looking for whom to forget: %w", err)
	}
	for _, hash := range s.late.added() {
		s.meet(meets, hash, edge.Stranger)
	}
	return orders, release, nil
}

// passBatch is how many identifiers are read at a time: a longer reading would keep the journal from beginning anew.
const passBatch = 4096

// lookThrough holds every identifier at rest against tombstones: each has one hash alone, of which a tombstone can be
// made, but none that could be looked up. One pass serves all orders of a page. Nothing is written meanwhile that would
// put an identifier where it has looked already: who adds customers waits, and so does who moves them to another key. What
// TakeFound adds is noted, and looked at in the end.
func (s *Store) lookThrough(ctx context.Context, meets map[[32]byte][]*order) error {
	at := passed{hash: []byte{}}
	for {
		n, err := s.lookThroughBatch(ctx, meets, &at)
		if err != nil || n < passBatch {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// passed is the last identifier that was looked at.
type passed struct {
	hash []byte
	ref  int64
}

func (s *Store) lookThroughBatch(ctx context.Context, meets map[[32]byte][]*order, at *passed) (n int, err error) {
	rows, err := s.read.QueryContext(context.WithoutCancel(ctx),
		`SELECT hash, key, customer FROM identifiers WHERE (hash, customer) > (?, ?) ORDER BY hash, customer LIMIT ?`, at.hash, at.ref, passBatch)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	var hash seal.Hash
	for ; rows.Next(); n++ {
		var sum sql.RawBytes
		if err := rows.Scan(&sum, &hash.Key, &at.ref); err != nil {
			return n, err
		}
		at.hash = append(at.hash[:0], sum...)
		if copy(hash.Sum[:], sum) != len(hash.Sum) {
			return n, errRecord
		}
		s.meet(meets, hash, edge.CustomerRef(at.ref))
	}
	return n, rows.Err()
}

func (s *Store) meet(meets map[[32]byte][]*order, hash seal.Hash, ref edge.CustomerRef) {
	tombstone := s.opt.Seal.TombstoneOf(hash)
	for _, o := range meets[tombstone] {
		o.met = append(o.met, met{ref, bytes.Clone(hash.Sum[:]), tombstone})
	}
}

// erasure carries an order out: everybody here whom it means is forgotten, her tombstones and ids are kept, and the
// receipt is queued. One that was carried out before forgets whoever still has one of the ids, or of the tombstones that it has
// come to name, and answers again, for a head office that was restored from a backup; the tombstones that it had may have been
// lifted since, and stay so.
func (a *applying) erasure(o *order) error {
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
	if !o.done || len(o.tombstones) > 0 {
		err = errors.Join(a.keepTombstones(o.Stamp, o.Chained, slices.Collect(maps.Keys(o.tombstones))), a.keepOrder(edge.Order{Erasure: &o.Erasure}, orderHeard))
	}
	return errors.Join(err, a.hearOrder(o.ID), a.markGone(o.Stamp, append(ids, o.key)...), a.receipt(o, len(refs) > 0))
}

// receipt queues the answer to an order, unless one waits: it says whether she was found the first time.
func (a *applying) receipt(o *order, found bool) error {
	answer := edge.Order{Receipt: &edge.Receipt{Erasure: o.ID, At: a.opt.Now().UTC(), Found: found}}
	var waits bool
	err := a.tx.QueryRowContext(a.ctx, `SELECT EXISTS (SELECT 1 FROM orders WHERE id = ?)`, answer.ID()).Scan(&waits)
	if err != nil || waits {
		return err
	}
	return a.order(answer)
}

// means reports whether an order means who has an identifier that one of its tombstones meets: not where several have it, nor
// where several had it when she was forgotten here, nor who has another id of the chain than the one that it names.
func (a *applying) means(o *order, m met, owners []edge.CustomerRef) (bool, error) {
	if len(owners) != 1 {
		return false, nil
	}
	on := map[[32]byte]edge.Stamp{m.tombstone: o.Stamp}
	if err := unspared(a.ctx, a.tx, [][32]byte{m.tombstone}, on); err != nil || len(on) == 0 {
		return false, err
	}
	chain := a.chainOf(owners[0])
	if !o.Chained || len(chain) == 0 {
		return true, nil
	}
	named := func(t [32]byte) bool {
		return slices.ContainsFunc(o.Tombstones, func(each []byte) bool { return [32]byte(each) == t })
	}
	return slices.ContainsFunc(a.opt.Seal.Tombstones(chain[0]), named), nil
}

// eraseOrBegin forgets somebody whom an order means. Where she has said since that she wants to be known, head office and
// other stores forget her all the same, by the id that she had, or have refused what was told of her under it until she said
// so: she begins anew here, under another.
func (a *applying) eraseOrBegin(ref edge.CustomerRef, o *order) error {
	state, err := a.customerState(ref)
	if err != nil && sinks(err) {
		return err
	}
	if err == nil && yields(o.Stamp, state) {
		if err := a.spareHers(ref, o); err != nil {
			return err
		}
		return a.beginAnew(ref, state, o)
	}
	more, err := a.knowsMore(ref, o)
	if err != nil {
		return err
	}
	e, err := a.eraseCustomer(ref, o.Stamp)
	if err != nil || !more {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making an order's id: %w", err)
	}
	return a.order(edge.Order{Erasure: e.order(id.String(), a.opt.Now().UTC(), o.Stamp)})
}

// knowsMore reports whether more is known of her here than an order says: it names neither an id of hers, nor all that is hers
// alone. Then others may know her by what it does not name, and are told.
func (a *applying) knowsMore(ref edge.CustomerRef, o *order) (bool, error) {
	ids, err := a.idsAt(ref)
	if err != nil {
		return false, err
	}
	for _, text := range o.Customers {
		if slices.ContainsFunc(ids, func(id []byte) bool { return bytes.Equal(idKey(text), id) }) {
			return false, nil
		}
	}
	hers, err := a.onlyHers(ref)
	if err != nil {
		return false, err
	}
	named := func(t [32]byte) bool {
		return slices.ContainsFunc(o.Tombstones, func(each []byte) bool { return bytes.Equal(each, t[:]) })
	}
	return slices.ContainsFunc(hers, func(h seal.Hash) bool { return !slices.ContainsFunc(a.opt.Seal.TombstonesOf(h), named) }), nil
}

// alsoMet adds those whom tombstones found. An identifier of somebody who is not meant stays as it is.
func (a *applying) alsoMet(o *order, refs []edge.CustomerRef) ([]edge.CustomerRef, error) {
	for _, m := range o.met {
		owners, err := a.ownersOf(m.hash)
		if err != nil {
			return nil, err
		}
		meant, err := a.means(o, m, owners)
		if err != nil {
			return nil, err
		}
		if !meant {
			delete(o.tombstones, m.tombstone)
			if err := a.spare(o.Stamp, m.tombstone); err != nil {
				return nil, err
			}
			continue
		}
		if !slices.Contains(refs, owners[0]) {
			refs = append(refs, owners[0])
		}
	}
	return refs, nil
}

// spareHers takes the tombstones of somebody who is not meant out of an order, of all that is hers alone.
func (a *applying) spareHers(ref edge.CustomerRef, o *order) error {
	hers, err := a.tombstonesFor(ref, a.chainOf(ref))
	for _, t := range hers {
		delete(o.tombstones, t)
	}
	return err
}

// erased is what an order to forget somebody says of her, as far as it is known here.
type erased struct {
	ids        [][]byte
	tombstones [][32]byte
	chained    bool // as in edge.Erasure
}

// eraseCustomer forgets somebody by an order whose stamp is given. Nothing of her has to be opened, so that a damaged
// record can be forgotten too.
func (a *applying) eraseCustomer(ref edge.CustomerRef, stamp edge.Stamp, named ...edge.Identifier) (e erased, err error) {
	if e.ids, err = a.idsAt(ref); err != nil {
		return e, err
	}
	named = append(named, a.chainOf(ref)...)
	e.chained = slices.ContainsFunc(named, func(id edge.Identifier) bool { return id.Kind == edge.KindCustomer })
	if e.tombstones, err = a.tombstonesFor(ref, named); err != nil {
		return e, err
	}
	if err := a.spareShared(ref, stamp); err != nil {
		return e, err
	}
	if err := errors.Join(a.keepTombstones(stamp, e.chained, e.tombstones), a.markGone(stamp, e.ids...), a.takeOut(ref)); err != nil {
		return e, err
	}
	a.destroyed = true
	a.forgotten = append(a.forgotten, ref)
	a.customers--
	return e, nil
}

// chainOf is the chain's own id of a customer, which rests sealed in her record; none where that is damaged.
func (w *work) chainOf(ref edge.CustomerRef) []edge.Identifier {
	state, err := w.customerState(ref)
	if chain := state.Fields[edge.FieldChain].Value; err == nil && chain != "" {
		return []edge.Identifier{{Kind: edge.KindCustomer, Value: chain}}
	}
	return nil
}

// takeOut deletes a customer with all that is hers.
func (w *work) takeOut(ref edge.CustomerRef) error {
	if err := errors.Join(w.traceIdentifiers(ref), w.voidOutbox(ref), w.takeBack(ref)); err != nil {
		return err
	}
	for _, query := range []string{
		`DELETE FROM identifiers WHERE customer = ?1 AND hash IN (SELECT hash FROM held WHERE customer = ?1)`,
		`DELETE FROM held WHERE customer = ?`,
		`DELETE FROM aliases WHERE customer = ?`,
		`UPDATE gone SET customer = NULL, kind = NULL WHERE customer = ?`,
		`DELETE FROM customers WHERE ref = ?`,
	} {
		if err := w.exec(query, int64(ref)); err != nil {
			return err
		}
	}
	return nil
}

// idsAt are all ids that she is known by here.
func (w *work) idsAt(ref edge.CustomerRef) (ids [][]byte, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT id FROM customers WHERE ref = ?1 UNION ALL SELECT id FROM aliases WHERE customer = ?1`, int64(ref))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id []byte
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
