// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// journalHigh is the size from which the journal is cut back; below it is overwritten from its beginning.
const journalHigh = 64 << 20

func (s *Store) keepUp(ctx context.Context) {
	defer close(s.ended)
	if s.opt.Upkeep < 0 {
		return
	}
	ticker := time.NewTicker(s.opt.Upkeep)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := s.Upkeep(ctx); err != nil && ctx.Err() == nil {
				s.opt.Log.Warn("looking after the store", "error", err)
			}
		}
	}
}

// Upkeep does one round of what keeps the store small and quick: it brings the journal home, takes a small step of
// removing what is older than it is kept, and gives some of the room that is free back to the disk. The store calls it by
// itself; a test may.
func (s *Store) Upkeep(ctx context.Context) error {
	mode := ""
	switch {
	case s.lingers.Load(), s.Stats().JournalBytes > journalHigh && s.stepping.Load() == 0:
		// Not beside an import: what it has written since the passive part would be copied with the writer held back.
		mode = "TRUNCATE"
	case s.dirty.Load():
		mode = "PASSIVE"
	}
	var err error
	if mode != "" {
		if err = s.checkpoint(ctx, mode); errors.Is(err, errBusy) {
			err = nil // the next round tries again
		}
	}
	if s.full.Load() {
		return err // nothing to delete with
	}
	s.makeBallast()
	return errors.Join(err, s.eraseOwed(ctx), s.keepModel(ctx, s.opt.Now()), s.lookAtClock(ctx), s.forgetLate(ctx),
		s.sweepOnce(ctx), s.capOutbox(ctx), s.tidyFile(ctx))
}

// errBusy says that a reader or the writer kept the journal from being cut back.
var errBusy = errors.New("the journal is in use")

// checkpoint copies the journal into the database. PASSIVE keeps nobody waiting; TRUNCATE then also cuts the file
// back to nothing, for which it needs a moment without readers, and gives errBusy when it gets none.
func (s *Store) checkpoint(ctx context.Context, mode string) error {
	s.dirty.Store(false)
	if mode != "PASSIVE" {
		// The long part first, while others may still write: what is left for the exclusive part is short.
		if err := s.checkpoint(ctx, "PASSIVE"); err != nil {
			return err
		}
	}
	var busy, pages, done int
	err := s.check.QueryRowContext(context.WithoutCancel(ctx), "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &done)
	if err != nil {
		s.dirty.Store(true)
		return fmt.Errorf("bringing the journal home: %w", err)
	}
	if busy != 0 || done < pages {
		s.dirty.Store(true)
	}
	if busy != 0 && mode == "TRUNCATE" {
		return errBusy
	}
	if mode == "TRUNCATE" {
		s.lingers.Store(false)
	}
	return nil
}
