// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"time"

	"redbench/edge"
)

// Lanes gives every lane's state as it was last committed.
func (s *Store) Lanes(ctx context.Context) ([]edge.LaneRecord, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT lane, state FROM lanes ORDER BY lane`)
	if err != nil {
		return nil, fmt.Errorf("reading the lanes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var lanes []edge.LaneRecord
	for rows.Next() {
		var l edge.LaneRecord
		if err := rows.Scan(&l.Lane, &l.State); err != nil {
			return nil, fmt.Errorf("reading the lanes: %w", err)
		}
		lanes = append(lanes, l)
	}
	return lanes, rows.Err()
}

// maxClocks bounds what is read at a start: a till that names itself anew with each event leaves a row each.
const maxClocks = 4096

// Clocks gives how each till's clock stood against the box's, of the tills whose clock was told last, in that order.
func (s *Store) Clocks(ctx context.Context) ([]edge.SourceClock, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT source, offset FROM clocks ORDER BY at DESC, source LIMIT ?`, maxClocks)
	if err != nil {
		return nil, fmt.Errorf("reading the tills' clocks: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var clocks []edge.SourceClock
	for rows.Next() {
		var c edge.SourceClock
		var offset int64
		if err := rows.Scan(&c.Source, &offset); err != nil {
			return nil, fmt.Errorf("reading the tills' clocks: %w", err)
		}
		c.Offset = time.Duration(offset) * time.Microsecond
		clocks = append(clocks, c)
	}
	return clocks, rows.Err()
}
