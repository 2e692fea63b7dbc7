// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"time"
)

const (
	// freeKept is how many pages may lie free before some are given back: what is deleted today makes room for tomorrow's.
	freeKept = 1024
	// givenBack is how many pages one round gives back: each is a page moved from the file's end, of some ten microseconds.
	givenBack = 64
	// optimizeEvery is how often SQLite looks whether what it knows of its tables is out of date.
	optimizeEvery = 24 * time.Hour

	// hurry is how many steps of each table a round takes where the database is larger than it may be. Whoever writes comes between.
	hurry = 50
	// leastKept is what is kept though there is no room: a till that sends again must be known.
	leastKept = 2 * 24 * time.Hour
)

// tidyFile gives some free pages back to the disk, where many are free, and once a day lets SQLite look after its statistics.
func (s *Store) tidyFile(ctx context.Context) error {
	if now := s.opt.Now(); now.Sub(s.optimized).Abs() >= optimizeEvery {
		s.optimized = now
		if err := s.pragma(ctx, `PRAGMA analysis_limit = 200; PRAGMA optimize`); err != nil {
			return fmt.Errorf("looking after statistics: %w", err)
		}
	}
	room, err := s.Room(ctx)
	if err != nil {
		return err
	}
	if room.Free <= max(freeKept*room.Page, room.Bytes/16) {
		return nil
	}
	// Each page is a row of the answer, and the next one is given back only when that row was read.
	if err := s.pragma(ctx, fmt.Sprintf(`PRAGMA incremental_vacuum(%d)`, givenBack)); err != nil {
		return fmt.Errorf("giving free pages back: %w", err)
	}
	s.dirty.Store(true)
	return nil
}

// pragma runs a statement on the writing connection to its end.
func (s *Store) pragma(ctx context.Context, statement string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	rows, err := s.write.QueryContext(context.WithoutCancel(ctx), statement)
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	if err := rows.Err(); err != nil {
		_ = rows.Close()
		return err
	}
	return rows.Close()
}

// Room is how a database's file is used.
type Room struct {
	Page  int64 // bytes of a page
	Bytes int64 // of all pages
	Free  int64 // of those that hold nothing
}

// Room tells how the file is used.
func (s *Store) Room(ctx context.Context) (r Room, err error) {
	var all, free int64
	for pragma, to := range map[string]*int64{"page_size": &r.Page, "page_count": &all, "freelist_count": &free} {
		if err := s.read.QueryRowContext(context.WithoutCancel(ctx), `PRAGMA `+pragma).Scan(to); err != nil {
			return r, fmt.Errorf("measuring the database: %w", err)
		}
	}
	r.Bytes, r.Free = all*r.Page, free*r.Page
	return r, nil
}

// squeeze is by how much less is kept of what tills send, while the database is larger than it may be.
type squeeze struct{ bits atomic.Uint64 } // of the part that is kept; 0: all

func (q *squeeze) part() float64 {
	if bits := q.bits.Load(); bits != 0 {
		return math.Float64frombits(bits)
	}
	return 1
}

const (
	squeezeBy  = .8
	squeezeMin = .001
	slack      = .9 // below this part of what it may take more is kept again
)

// squeezed is called after each walk through the events: where the database is still too large, less is kept from now on.
func (s *Store) squeezed(ctx context.Context) {
	if s.opt.DatabaseBytes <= 0 {
		return
	}
	room, err := s.Room(ctx)
	if err != nil {
		return // the next walk measures again
	}
	part, used := s.squeeze.part(), room.Bytes-room.Free
	switch {
	case used > s.opt.DatabaseBytes:
		if part == 1 {
			s.opt.Log.Warn("the database is larger than [limits] database_mb; what tills sent is kept for less long until there is room",
				"bytes", used, "limit", s.opt.DatabaseBytes)
		}
		part = max(squeezeMin, part*squeezeBy)
	case used < int64(slack*float64(s.opt.DatabaseBytes)):
		part = min(1, part/squeezeBy)
	}
	s.squeeze.bits.Store(math.Float64bits(part))
}

// keptFrom is the moment from which on something is kept, as far as there is room.
func (s *Store) keptFrom(kept time.Duration) int64 {
	if part := s.squeeze.part(); part < 1 {
		kept = max(min(kept, leastKept), time.Duration(part*float64(kept)))
	}
	return s.age(kept)
}
