// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3"

	"redbench/edge/disk"
)

// On a full disk SQLite can do nothing at all: also deleting and bringing the journal home need room. So some room is
// held back in a file, the ballast, and given up when the disk is full: it buys the time to do something about it.

// ballastFile is the name of the ballast in the state directory.
const ballastFile = "ballast"

// ballastPause is how long the ballast stays away once it was given up, and how often it is tried anew. Taken back at
// once it would take the very room that it had just given.
const ballastPause = 5 * time.Minute

var errNoRoom = errors.New("less than twice the reserve is free")

// ballast remembers when the reserve was last made, tried or given up.
type ballast struct {
	mu    sync.Mutex
	moved time.Time
}

// rested reports whether the pause is over, and begins the next one.
func (b *ballast) rested(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.moved.IsZero() && now.Sub(b.moved) < ballastPause {
		return false
	}
	b.moved = now
	return true
}

func (b *ballast) dropped(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.moved = now
}

// FullError says that the disk is full.
type FullError struct {
	Dir   string
	cause error
}

// Error says what is full and what to do.
func (e *FullError) Error() string {
	return fmt.Sprintf("the disk that holds %q is full, the reserve that was kept for this included: free space on it or move [state] dir; tills keep their events and send them again", e.Dir)
}

// Unwrap gives SQLite's own error.
func (e *FullError) Unwrap() error { return e.cause }

func (s *Store) fullError(cause error) error { return &FullError{Dir: s.opt.Dir, cause: cause} }

// freeing runs write, and once more after the ballast was given up when the disk was full.
func (s *Store) freeing(ctx context.Context, write func() error) error {
	err := write()
	if isFull(err) && s.dropBallast() {
		s.opt.Log.Error("the disk is full; the reserve was given up, free space now", "dir", s.opt.Dir)
		if err := s.checkpoint(ctx, "TRUNCATE"); err != nil {
			s.opt.Log.Warn("bringing the journal home on a full disk", "error", err)
		}
		err = write()
	}
	if isFull(err) {
		s.full.Store(true)
		return s.fullError(err)
	}
	if err == nil {
		s.full.Store(false)
	}
	return err
}

func isFull(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && e.Code == sqlite3.ErrFull
}

// sinks reports whether an error of one statement means that the whole transaction cannot go on: the disk, the file or
// the connection, as against the row.
func sinks(err error) bool {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case sqlite3.ErrConstraint, sqlite3.ErrMismatch, sqlite3.ErrTooBig, sqlite3.ErrRange:
		return false
	}
	return true
}

// makeBallast holds room back, where there is none held and as much again stays free. A disk without room for it is no
// reason not to start.
func (s *Store) makeBallast() {
	path := filepath.Join(s.opt.Dir, ballastFile)
	if s.opt.Ballast < 0 || size(path) >= s.opt.Ballast || !s.ballast.rested(s.opt.Now()) {
		return
	}
	free, err := disk.Free(s.opt.Dir)
	switch {
	case errors.Is(err, errors.ErrUnsupported): // only trying tells
		err = writeBallast(path, s.opt.Ballast)
	case err == nil && free < 2*s.opt.Ballast:
		err = errNoRoom
	case err == nil:
		err = writeBallast(path, s.opt.Ballast)
	}
	if err != nil {
		_ = os.Remove(path)
		s.opt.Log.Warn("no room on the disk for the reserve", "dir", s.opt.Dir, "bytes", s.opt.Ballast, "error", err)
	}
}

func writeBallast(path string, n int64) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := bufio.NewWriterSize(f, 1<<20)
	// Written and not merely sized: a sparse file holds nothing back. The pattern keeps a compressing file system honest.
	var block [4096]byte
	for i, x := 0, uint64(n)|1; i < len(block); i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		block[i] = byte(x)
	}
	for ; n > 0; n -= int64(len(block)) {
		if _, err := out.Write(block[:min(n, int64(len(block)))]); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

// dropBallast reports whether there was a ballast to give up.
func (s *Store) dropBallast() bool {
	if os.Remove(filepath.Join(s.opt.Dir, ballastFile)) != nil {
		return false
	}
	s.ballast.dropped(s.opt.Now())
	return true
}
