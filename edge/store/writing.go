// SPDX-License-Identifier: Apache-2.0

package store

import (
	"sync"
	"sync/atomic"
	"time"
)

// writingLock is held by whoever uses the writing connection. It knows since when, so that whoever waits can tell work that
// takes long from work that has stopped.
type writingLock struct {
	mu    sync.Mutex
	since atomic.Int64 // nanoseconds of the epoch; 0: free
}

// Lock waits for the writing connection.
func (w *writingLock) Lock() {
	w.mu.Lock()
	w.since.Store(time.Now().UnixNano())
}

// TryLock takes the writing connection if it is free.
func (w *writingLock) TryLock() bool {
	if !w.mu.TryLock() {
		return false
	}
	w.since.Store(time.Now().UnixNano())
	return true
}

// Unlock gives it back.
func (w *writingLock) Unlock() {
	w.since.Store(0)
	w.mu.Unlock()
}

// WritingSince is when the transaction under way began, or another piece of work that keeps the writing connection; zero:
// nobody has it.
func (s *Store) WritingSince() time.Time {
	if at := s.writing.since.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}
