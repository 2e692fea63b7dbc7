// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"time"
)

const (
	// stepTime is how long an import holds the writing connection at a time. Tills that want it meanwhile get it next.
	stepTime = 8 * time.Millisecond
	// stepsACheckpoint is after how many steps an import brings the journal home itself: it writes faster than upkeep
	// copies, and a journal that is never copied in full never begins anew.
	stepsACheckpoint = 32
)

// steps writes 0 to n-1 in transactions of a few milliseconds, at least a batch each. What one transaction holds is whole;
// a crash leaves the rest to the next run of the same file.
func (s *Store) steps(ctx context.Context, n, batch int, write func(w *work, from, to int) error) error {
	s.stepping.Add(1)
	defer s.stepping.Add(-1)
	for at := 0; at < n; {
		from := at
		var w *work
		err := s.freeing(ctx, func() error {
			at = from
			return s.transactThen(ctx, func(tx *sql.Tx) error {
				w = s.newWork(ctx, tx)
				// The wall clock, not the store's: this is about how long a till waits.
				for began := time.Now(); at < n && (at == from || time.Since(began) < stepTime); {
					to := min(at+batch, n)
					if err := write(w, at, to); err != nil {
						return err
					}
					at = to
				}
				return w.finish()
			}, func() { w.committed() })
		})
		if err != nil {
			return err
		}
		if s.stepped.Add(1)%stepsACheckpoint == 0 {
			if err := s.checkpoint(ctx, "PASSIVE"); err != nil {
				return err
			}
		}
	}
	return nil
}
