// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
)

// untold is the first key of a table of which head office is still to be told, as it was found last. While head office is away for
// months the outbox has more rows than a round may look at.
type untold struct {
	key  any   // nil: there was none
	seq  int64 // of its row in the outbox
	upto int64 // the outbox was looked through up to that row: a later one has a higher number
}

// firstUntold is the first key of which head office is still to be told what came, by itself or in a sum: those from there on
// stay until then. While everything is offered none may go.
func (s *Store) firstUntold(ctx context.Context, t swept) (key any, may bool, err error) {
	offering, err := s.exists(ctx, `meta WHERE name = ?`, metaOffer)
	if err != nil || offering || t.untold == "" {
		return nil, !offering, err
	}
	known := s.sweep.untold[t.table]
	if known.key != nil {
		waits, err := s.exists(ctx, `outbox WHERE seq = ? AND kind = ?`, known.seq, t.untold)
		if err != nil {
			return nil, false, err
		}
		if !waits { // told meanwhile: which is the first now, only all of them tell
			known = untold{}
		}
	}
	if known, err = s.untoldSince(ctx, t, known); err != nil {
		return nil, false, err
	}
	s.sweep.untold[t.table] = known
	return known.key, true, nil
}

// untoldSince looks at the rows of the outbox that were added since.
func (s *Store) untoldSince(ctx context.Context, t swept, known untold) (untold, error) {
	_, last, _, err := s.waiting(ctx, s.read)
	if err != nil {
		return known, err
	}
	err = s.read.QueryRowContext(ctx, `SELECT key, seq FROM (SELECT ?1 AS key, ?2 AS seq UNION ALL SELECT `+t.told+`, seq FROM outbox WHERE kind = ?3 AND seq > ?4)
		WHERE key IS NOT NULL ORDER BY key LIMIT 1`, known.key, known.seq, t.untold, known.upto).Scan(&known.key, &known.seq)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	known.upto = max(known.upto, last)
	return known, err
}
