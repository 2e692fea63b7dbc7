// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
)

// Forget takes a customer out: her row and wrapped key, everything that was learnt or said, and her part in visits,
// which stay as a stranger's. Tombstones under a key of their own keep an old file from bringing her back by any
// identifier that was hers alone. It tells who she was, or gives edge.ErrNotFound, or edge.ErrAmbiguous for a shared
// identifier. Nothing of her is opened first, so that a damaged record can be forgotten too.
//
// When it returns nil, what was deleted is gone from the journal too. An error that wraps ErrLingers says that she is
// forgotten, but the journal could not be cut back because somebody was reading all the time; upkeep will do it.
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
	err = s.freeing(ctx, func() error {
		return s.transact(ctx, func(tx *sql.Tx) error {
			w := s.newWork(ctx, tx)
			if err := w.forget(gone.Ref, s.named(row, id)); err != nil {
				return err
			}
			w.customers--
			return w.finish()
		})
	})
	if err != nil {
		return Forgotten{}, fmt.Errorf("forgetting a customer: %w", err)
	}
	return gone, s.erase(ctx)
}

// Forgotten says who was forgotten.
type Forgotten struct {
	Ref edge.CustomerRef // so that the lanes can be cleared
	ID  string           // UUIDv7, for a receipt; empty when it was damaged
}

// ErrLingers says that what was deleted is still in the journal.
var ErrLingers = errors.New("what was deleted is still in the journal, which was being read; it goes with the next upkeep")

func (w *work) forget(ref edge.CustomerRef, named []edge.Identifier) error {
	if err := w.bury(ref, named); err != nil {
		return err
	}
	if err := w.takeBack(ref); err != nil {
		return err
	}
	for _, query := range []string{
		`DELETE FROM identifiers WHERE customer = ?1 AND hash IN (SELECT hash FROM held WHERE customer = ?1)`,
		`DELETE FROM held WHERE customer = ?`,
		`DELETE FROM customers WHERE ref = ?`,
	} {
		if err := w.exec(query, int64(ref)); err != nil {
			return err
		}
	}
	return nil
}

// erase cuts the journal back, since what secure_delete overwrote in the database still lies there. Readers take
// microseconds, so a few tries find a gap between them.
func (s *Store) erase(ctx context.Context) error {
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
