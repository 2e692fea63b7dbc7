// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/seal"
)

// clock is a clock that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func openStore(t testing.TB, dir string, change ...func(*Options)) *Store {
	t.Helper()
	box, err := seal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Dir: dir, StoreID: "harbour", Seal: box, Log: slog.New(slog.DiscardHandler), Now: newClock().Now, Ballast: -1, Upkeep: -1}
	for _, f := range change {
		f(&o)
	}
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestOpensOnceADirectory(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	_, err := Open(context.Background(), s.opt)
	var inUse *InUseError
	if !errors.As(err, &inUse) || inUse.PID == 0 {
		t.Fatalf("second open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(context.Background(), s.opt)
	if err != nil {
		t.Fatalf("after close: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestProfileOfAStranger(t *testing.T) {
	s := openStore(t, t.TempDir())
	if _, err := s.Profile(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "1"}); !errors.Is(err, edge.ErrNotFound) {
		t.Fatalf("got %v", err)
	}
}
