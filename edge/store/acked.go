// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"

	"redbench/edge"
)

// rowBytes is about what a row of the outbox takes on the disk, its index with it. What it tells of rests elsewhere.
const rowBytes = 96

// ackStep is how many rows go in one transaction.
const ackStep = 2000

// Trying remembers, before a batch is sent, that its records up to a seq may become known to head office.
func (s *Store) Trying(ctx context.Context, upto uint64) error {
	if upto <= s.outbox.tried.Load() {
		return nil
	}
	err := s.working(ctx, func(w *work) error {
		w.stamped = true // so that the clock is known to have been here
		return w.putMeta(metaTried, int64(upto))
	})
	if err != nil {
		return fmt.Errorf("remembering what is sent: %w", err)
	}
	s.outbox.tried.Store(max(upto, s.outbox.tried.Load()))
	return nil
}

// Acknowledged drops what head office has: everything of this box up to a seq. Another box's acknowledgement, from before
// the outbox took another id, changes nothing. It is an error when head office claims to have what was never given out:
// then the box was restored, and NewBox is due.
func (s *Store) Acknowledged(ctx context.Context, box string, upto uint64) error {
	p, err := s.Place(ctx)
	if err != nil {
		return err
	}
	if box != p.Box || upto <= p.Acked {
		return nil
	}
	if upto > p.Last {
		return fmt.Errorf("head office has %d records of this box, which made %d: it was restored from a backup", upto, p.Last)
	}
	for first, n := true, int64(ackStep); n == ackStep; first = false {
		err := s.working(ctx, func(w *work) error {
			if first {
				if err := w.putMeta(metaAcked, int64(upto)); err != nil {
					return err
				}
			}
			var err error
			n, err = w.drop(`seq IN (SELECT seq FROM outbox WHERE seq <= ? ORDER BY seq LIMIT ?)`, int64(upto), ackStep)
			return err
		})
		if err != nil {
			return fmt.Errorf("dropping what head office has: %w", err)
		}
	}
	poke(s.outbox.acked)
	return nil
}

// How many rows wait is not counted, since there may be a million: it follows from the first seq, the last, and how many
// between them were taken out, which is kept.

// waiting is the first and the last seq that wait, and how many rows.
func (s *Store) waiting(ctx context.Context, q queryer) (first, last, n int64, err error) {
	var gaps int64
	err = q.QueryRowContext(ctx, `SELECT coalesce((SELECT min(seq) FROM outbox), 0), coalesce((SELECT max(seq) FROM outbox), 0),
		coalesce((SELECT value FROM meta WHERE name = ?), 0)`, metaGaps).Scan(&first, &last, &gaps)
	if err == nil && first > 0 {
		n = last - first + 1 - gaps
	}
	return first, last, n, err
}

// drop deletes rows of the outbox.
func (w *work) drop(where string, args ...any) (n int64, err error) {
	_, _, before, err := w.waiting(w.ctx, w.tx)
	if err != nil {
		return 0, err
	}
	if n, err = w.changed(`DELETE FROM outbox WHERE `+where, args...); err != nil || n == 0 {
		return n, err
	}
	first, last, _, err := w.waiting(w.ctx, w.tx)
	if err != nil {
		return n, err
	}
	gaps := int64(0)
	if first > 0 {
		gaps = last - first + 1 - (before - n)
	}
	return n, w.putMeta(metaGaps, gaps)
}

// Backlog tells what waits to be sent. It costs a few look-ups, however much that is.
func (s *Store) Backlog(ctx context.Context) (edge.Backlog, error) {
	var b edge.Backlog
	ctx = context.WithoutCancel(ctx)
	_, _, n, err := s.waiting(ctx, s.read)
	if err != nil {
		return b, fmt.Errorf("reading the backlog: %w", err)
	}
	b.Records, b.Bytes = int(n), n*rowBytes
	var oldest int64
	err = s.read.QueryRowContext(ctx, `SELECT coalesce((SELECT at FROM outbox ORDER BY seq LIMIT 1), 0), (SELECT count(*) FROM orders WHERE told IN (?, ?)),
		coalesce((SELECT value FROM meta WHERE name = ?), 0), EXISTS (SELECT 1 FROM meta WHERE name = ?)`, orderWaits, orderAgain, metaSummarised, metaOffer).
		Scan(&oldest, &b.Orders, &b.Summarised, &b.Offering)
	if err != nil {
		return b, fmt.Errorf("reading the backlog: %w", err)
	}
	b.Oldest = moment(oldest)
	return b, nil
}
