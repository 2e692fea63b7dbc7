// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"

	"redbench/edge"
)

// mergesStep is how many merges one round looks at, each with what came with it.
const mergesStep = 20

// dangling is what a lineage names and is there no longer: its visits, facts and prompts have times of their own.
const dangling = `lineage WHERE merge > ? AND merge <= ? AND (
	what = 'prompt' AND NOT EXISTS (SELECT 1 FROM prompts p WHERE p.id = lineage.ref) OR
	what = 'fact' AND NOT EXISTS (SELECT 1 FROM facts f WHERE f.id = lineage.ref) OR
	what IN ('visit', 'twin') AND NOT EXISTS (SELECT 1 FROM visits v WHERE v.visit = lineage.ref))`

// settled are customers whose merges are all so old that none is to be taken back any more. Those of one customer rest on each
// other: what she had before the first of them is told by that one alone. So they end together.
const settled = `SELECT DISTINCT customer FROM merges m WHERE number > ? AND number <= ? AND sealed IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM merges n WHERE n.customer = m.customer AND n.at >= ?)`

// settling ends a customer's lineage (?1): as endLineage does for all. Where she came from stays known by number and id.
var settling = [...]string{
	`DELETE FROM visits WHERE customer IS NULL AND visit IN
		(SELECT l.ref FROM merges m JOIN lineage l ON l.merge = m.number AND l.what = 'twin' WHERE m.customer = ?1)`,
	`DELETE FROM carded WHERE customer = ?1`,
	`DELETE FROM lineage WHERE merge IN (SELECT number FROM merges WHERE customer = ?1)`,
	`UPDATE merges SET sealed = NULL WHERE customer = ?1`,
}

// sweepMerges looks at the next few merges.
func (s *Store) sweepMerges(ctx context.Context) error {
	if !s.lineages.Load() {
		return nil
	}
	var to sql.NullInt64
	err := s.read.QueryRowContext(ctx, `SELECT max(number) FROM (SELECT number FROM merges WHERE number > ? ORDER BY number LIMIT ?)`,
		s.sweep.merges, mergesStep).Scan(&to)
	if err == nil && to.Valid {
		err = s.sweepMergesTo(ctx, to.Int64)
	}
	if err != nil {
		return fmt.Errorf("sweeping merges: %w", err)
	}
	s.sweep.merges = to.Int64 // of none: begins anew
	return nil
}

func (s *Store) sweepMergesTo(ctx context.Context, to int64) error {
	from := s.sweep.merges
	loose, err := s.exists(ctx, dangling, from, to)
	if err != nil {
		return err
	}
	old, err := s.exists(ctx, `(`+settled+`)`, from, to, s.age(mergesKept))
	if err != nil || !loose && !old {
		return err
	}
	return s.working(ctx, func(w *work) error {
		if err := w.exec(`DELETE FROM `+dangling, from, to); err != nil {
			return err
		}
		done, err := w.refs(settled, from, to, w.age(mergesKept))
		for i := 0; err == nil && i < len(done); i++ {
			for _, query := range settling {
				if err := w.exec(query, int64(done[i])); err != nil {
					return err
				}
			}
		}
		return err
	})
}

// refs reads customers' numbers.
func (w *work) refs(query string, args ...any) (all []edge.CustomerRef, err error) {
	rows, err := w.tx.QueryContext(w.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var ref int64
		if err := rows.Scan(&ref); err != nil {
			return nil, err
		}
		all = append(all, edge.CustomerRef(ref))
	}
	return all, rows.Err()
}
