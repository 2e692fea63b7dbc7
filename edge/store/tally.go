// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"time"

	"redbench/edge"
)

// What is tallied.
const (
	tallyEvents    = "events"
	tallyVisits    = "visits"
	tallyPrompts   = "prompts"
	tallySeen      = "seen"
	tallyNotes     = "notes"
	tallyRefused   = "refused"   // all refused events
	tallyUnkept    = "unkept"    // those that quarantine had no room for
	tallyCustomers = "customers" // in quarter 0: how many are known
)

const quarter = 15 * time.Minute

// tally counts something that happened now.
func (w *work) tally(what string, n int) error {
	return w.tallyAt(w.opt.Now().Truncate(quarter).UnixMicro(), what, n)
}

func (w *work) tallyAt(quarter int64, what string, n int) error {
	err := w.exec(`INSERT INTO tally (quarter, what, n) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n`, quarter, what, n)
	if err != nil {
		return fmt.Errorf("counting: %w", err)
	}
	return nil
}

// Counts tells what happened since a moment, to the quarter of an hour, and how many customers and open facts there are.
func (s *Store) Counts(ctx context.Context, since time.Time) (edge.Counts, error) {
	var c edge.Counts
	places := map[string]*int{tallyEvents: &c.Events, tallyVisits: &c.Visits, tallyPrompts: &c.Prompts, tallySeen: &c.Seen,
		tallyNotes: &c.Notes, tallyRefused: &c.Quarantined, tallyCustomers: &c.Customers}
	rows, err := s.read.QueryContext(ctx, `SELECT what, sum(n) FROM tally WHERE quarter >= ? OR quarter = 0 GROUP BY what`,
		max(1, since.Truncate(quarter).UnixMicro()))
	if err != nil {
		return c, fmt.Errorf("counting: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var what string
		var n int
		if err := rows.Scan(&what, &n); err != nil {
			return c, fmt.Errorf("counting: %w", err)
		}
		if place := places[what]; place != nil {
			*place = n
		}
	}
	if err := rows.Err(); err != nil {
		return c, fmt.Errorf("counting: %w", err)
	}
	err = s.read.QueryRowContext(ctx, `SELECT count(*) FROM facts WHERE closed = 0 AND kind IN ('complaint', 'promise')`).Scan(&c.Open)
	if err != nil {
		return c, fmt.Errorf("counting: %w", err)
	}
	return c, nil
}
