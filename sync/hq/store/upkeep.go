// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// journalHigh is the size from which the journal is cut back; below it is overwritten from its beginning.
	journalHigh = 64 << 20
	// journalOld is when it is cut back at the latest: another process may have deleted and not got it away.
	journalOld = time.Minute
)

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
			if err := s.upkeep(ctx); err != nil && ctx.Err() == nil {
				s.opt.Log.Warn("looking after the database", "error", err)
			}
		}
	}
}

func (s *Store) upkeep(ctx context.Context) error {
	return errors.Join(s.bringHome(ctx), s.eraseOwed(ctx))
}

// bringHome brings the journal home, and cuts it back when it has grown, holds what was deleted, or was not cut back for long.
func (s *Store) bringHome(ctx context.Context) error {
	journal := size(s.path + "-wal")
	mode := ""
	switch {
	case s.lingers.Load(), journal > journalHigh, journal > 0 && s.opt.Now().Sub(s.trimmed) > journalOld:
		mode = "TRUNCATE"
	case s.dirty.Load():
		mode = "PASSIVE"
	}
	if mode == "" {
		return nil
	}
	err := s.checkpoint(ctx, mode)
	if errors.Is(err, errBusy) {
		return nil // the next round tries again
	}
	if err == nil && mode == "TRUNCATE" {
		s.trimmed = s.opt.Now()
	}
	return err
}

// errBusy says that a reader or a writer kept the journal from being cut back.
var errBusy = errors.New("the journal is in use")

// ErrLingers says that what was deleted may still be in a file.
var ErrLingers = errors.New("what was deleted may still be in a file of the database; it goes with the next upkeep")

// checkpoint copies the journal into the database. PASSIVE keeps nobody waiting; TRUNCATE then also cuts the file back to
// nothing, for which it needs a moment alone, and gives errBusy when it gets none.
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

// cutBack cuts the journal back. Readers take microseconds, so a few tries find a gap between them.
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
