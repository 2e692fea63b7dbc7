// SPDX-License-Identifier: Apache-2.0

// Package scrub sees to it that what was deleted from a database is in none of its files. SQLite's secure_delete overwrites
// a row that is deleted. It does not overwrite the copies that were left behind when rows were moved between pages to make
// room: these rest in the unused part of a page until something else is written there. So what was to be gone is looked for,
// byte by byte, and where some of it is left the database is written anew.
package scrub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
)

// Traces are bytes that are to be gone: gathered within a transaction, before it deletes them.
type Traces [][]byte

// shortest is how short a trace may be: anything shorter may be there by chance.
const shortest = 16

// Add notes bytes that are to be gone. Nothing and what may be there by chance is left out.
func (t *Traces) Add(trace []byte) {
	if len(trace) >= shortest {
		*t = append(*t, bytes.Clone(trace))
	}
}

// Scrub holds what is to be gone from one database.
type Scrub struct {
	// Files are the database and its journal. One that is not there holds nothing.
	Files []string
	// Rewrite writes the database anew and brings its journal home.
	Rewrite func(context.Context) error

	running sync.Mutex
	mu      sync.Mutex
	waiting Traces
	unknown bool // what is to be gone was known to a process that died
}

// ErrLeft says that what was deleted is there still, in rows that were not: a fault of ours.
var ErrLeft = errors.New("bytes of what was deleted are still in the database, though it was written anew; please report this")

// most is how many traces wait at most: beyond, one is likely to be left, and the database is written anew without a search.
const most = 100_000

// Owe adds traces of a transaction that got through.
func (s *Scrub) Owe(traces Traces) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting = append(s.waiting, traces...); len(s.waiting) > most {
		s.waiting, s.unknown = nil, true
	}
}

// OweUnknown says that something was deleted of which nobody knows any more how it looked: the next Run writes anew.
func (s *Scrub) OweUnknown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unknown = true
}

// Owes reports whether there is anything for Run to do.
func (s *Scrub) Owes() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unknown || len(s.waiting) > 0
}

func (s *Scrub) take() (traces Traces, unknown bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	traces, unknown = s.waiting, s.unknown
	s.waiting, s.unknown = nil, false
	return traces, unknown
}

// Run looks for what is to be gone, and writes the database anew where some of it is left: rewrote says so. The journal must
// have been brought home before. What could not be done stays owed, but for what a new database holds too (ErrLeft). Of two at a
// time the second waits for the first.
func (s *Scrub) Run(ctx context.Context) (rewrote bool, err error) {
	s.running.Lock()
	defer s.running.Unlock()
	traces, unknown := s.take()
	left := unknown
	if !left {
		left, err = s.remains(traces)
	}
	if err == nil && left {
		rewrote = true
		if err = s.Rewrite(ctx); err == nil {
			left, err = s.remains(traces)
			if err == nil && left {
				err = ErrLeft
			}
		}
	}
	if err != nil && !errors.Is(err, ErrLeft) {
		s.Owe(traces)
		if unknown {
			s.OweUnknown()
		}
	}
	return rewrote, err
}

func (s *Scrub) remains(traces Traces) (bool, error) {
	if len(traces) == 0 {
		return false, nil
	}
	look := newLook(traces)
	for _, path := range s.Files {
		found, err := look.file(path)
		if err != nil {
			return false, fmt.Errorf("looking for what was deleted: %w", err)
		}
		if found {
			return true, nil
		}
	}
	return false, nil
}
