// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
)

// Forget takes a customer out: her row and wrapped key, everything that was learnt or said, and her part in visits,
// which stay as a stranger's. Tombstones under a key of their own keep an old file from bringing her back by any
// identifier that was hers alone. It tells who she was, or gives edge.ErrNotFound, or edge.ErrAmbiguous for a shared
// identifier. Nothing of her is opened first, so that a damaged record can be forgotten too.
//
// Of a box that is enrolled it is an order to the whole chain: its tombstones and her ids go to head office before
// anything else, and the ids are kept here too, so that nothing that comes late brings her back.
//
// When it returns nil, what was deleted is in no file any more. An error that wraps ErrLingers says that she is forgotten, but
// that somebody was reading all the time, or that the disk had no room to write the database anew; upkeep will do it.
func (s *Store) Forget(ctx context.Context, id edge.Identifier) (Forgotten, error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	row, _, err := s.rowOf(ctx, s.read, id)
	if err != nil {
		return Forgotten{}, fmt.Errorf("forgetting a customer: %w", err)
	}
	gone := Forgotten{Ref: edge.CustomerRef(row.ref)}
	if u, err := uuid.FromBytes(row.id); err == nil {
		gone.ID = u.String()
	}
	err = s.working(ctx, func(w *work) error { return w.forget(gone.Ref, s.named(row, id)) })
	if err != nil {
		return Forgotten{}, fmt.Errorf("forgetting a customer: %w", err)
	}
	return gone, s.eraseAside(ctx)
}

// Forgotten says who was forgotten.
type Forgotten struct {
	Ref edge.CustomerRef // so that the lanes can be cleared
	ID  string           // UUIDv7, for a receipt; empty when it was damaged
}

// ErrLingers says that what was deleted may still be in a file.
var ErrLingers = errors.New("what was deleted may still be in a file of the record; it goes with the next upkeep")

func (w *work) forget(ref edge.CustomerRef, named []edge.Identifier) error {
	stamp := w.stamp()
	if w.inChain() {
		return w.orderForget(ref, named, stamp)
	}
	tombstones, err := w.tombstonesFor(ref, named)
	if err != nil {
		return err
	}
	w.customers--
	chained := slices.ContainsFunc(named, func(id edge.Identifier) bool { return id.Kind == edge.KindCustomer })
	return errors.Join(w.orderAlone(ref, tombstones, chained, stamp), w.keepTombstones(stamp, chained, tombstones), w.takeOut(ref))
}

// orderAlone keeps what a box that works alone carried out, for backups that still hold her. Nobody is told of it.
func (w *work) orderAlone(ref edge.CustomerRef, tombstones [][32]byte, chained bool, stamp edge.Stamp) error {
	ids, err := (&applying{work: w}).idsAt(ref)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making an order's id: %w", err)
	}
	e := erased{ids: ids, tombstones: tombstones, chained: chained}
	return w.keepOrder(edge.Order{Erasure: e.order(id.String(), w.opt.Now().UTC(), stamp)}, orderAlone)
}

// orderForget forgets a customer here, and orders that she be forgotten everywhere.
func (w *work) orderForget(ref edge.CustomerRef, named []edge.Identifier, stamp edge.Stamp) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making an order's id: %w", err)
	}
	e, err := (&applying{work: w}).eraseCustomer(ref, stamp, named...)
	if err != nil {
		return err
	}
	return w.order(edge.Order{Erasure: e.order(id.String(), w.opt.Now().UTC(), stamp)})
}

// cutBack cuts the journal back. Readers take microseconds, so a few tries find a gap between them; a backup that is being
// made begins anew.
func (s *Store) cutBack(ctx context.Context) error {
	s.copying.Yield()
	for try := 0; ; try++ {
		err := s.checkpoint(ctx, "TRUNCATE")
		if !errors.Is(err, errBusy) {
			return err
		}
		if try == 5 {
			s.lingers.Store(true)
			return ErrLingers
		}
		timer := time.NewTimer(50 * time.Millisecond)
		select {
		case <-ctx.Done():
			timer.Stop()
			s.lingers.Store(true)
			return errors.Join(ErrLingers, ctx.Err())
		case <-timer.C:
		}
	}
}
