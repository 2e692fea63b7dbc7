// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"

	"redbench/edge/backup"
)

// Copy copies the database to a file while it is in use: all that was acknowledged before it began is in it. Who is forgotten
// meanwhile is not: then it begins anew. One at a time. It gives how many rows each table has in the copy.
func (s *Store) Copy(ctx context.Context, to string, pace backup.Pace) (map[string]int64, error) {
	counts, err := s.copying.Database(ctx, s.path, to, pace)
	if err != nil {
		return nil, fmt.Errorf("copying the store: %w", err)
	}
	return counts, nil
}

// Restless reports why now is no time for a backup: much is being written, or looked through; empty: nothing.
func (s *Store) Restless() string {
	switch {
	case s.stepping.Load() > 0:
		return "an import is under way"
	case s.scrub.Owes():
		return "somebody is being forgotten"
	case s.full.Load():
		return "the disk is full"
	}
	return ""
}
