// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"testing"
	"time"

	"redbench/edge"
)

func flood(t testing.TB, s *Store, from, n int) {
	t.Helper()
	for done := 0; done < n; done += 5000 {
		entries := make([]edge.Entry, min(5000, n-done))
		for i := range entries {
			k := from + done + i
			entries[i] = edge.Entry{Event: &edge.SeenEvent{Key: edge.EventKey{byte(k), byte(k >> 8), byte(k >> 16), byte(k >> 24)}}}
		}
		commit(t, s, entries...)
	}
}

// TestFreePagesAreGivenBack: in small steps, and all the more than a few; some stay for what comes.
func TestFreePagesAreGivenBack(t *testing.T) {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	flood(t, s, 0, 200_000)
	full := room(t, s)
	c.add(eventsKept + time.Hour)
	steps, most := 0, int64(0)
	for last := full; ; steps++ {
		if err := s.Upkeep(t.Context()); err != nil {
			t.Fatal(err)
		}
		now := room(t, s)
		most = max(most, last.Bytes-now.Bytes)
		if now == last && count(t, s, `SELECT count(*) FROM events`) == 0 {
			break
		}
		last = now
	}
	empty := room(t, s)
	if want := int64(freeKept * 4096 * 5 / 4); empty.Bytes > want || full.Bytes < 2*want {
		t.Errorf("of %d bytes %d are left after %d steps", full.Bytes, empty.Bytes, steps)
	}
	if most == 0 || most > (givenBack+8)*empty.Page {
		t.Errorf("a step gave %d bytes back", most)
	}
	if err := s.checkpoint(t.Context(), "TRUNCATE"); err != nil || s.Stats().DatabaseBytes != empty.Bytes {
		t.Errorf("the file has %d bytes (%v)", s.Stats().DatabaseBytes, err)
	}
}

func room(t testing.TB, s *Store) Room {
	t.Helper()
	r, err := s.Room(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAFloodKeepsTheDatabaseBounded: what comes is remembered for less long, and longer again once there is room.
func TestAFloodKeepsTheDatabaseBounded(t *testing.T) {
	const limit = 4 << 20
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now, o.DatabaseBytes = c.Now, limit })
	squeezed := false
	for day := range 20 {
		flood(t, s, day*10_000, 10_000)
		c.add(24 * time.Hour)
		for range 20 {
			if err := s.Upkeep(t.Context()); err != nil {
				t.Fatal(err)
			}
			squeezed = squeezed || s.squeeze.part() < 1
		}
	}
	if r := room(t, s); r.Bytes-r.Free > limit+limit/4 {
		t.Errorf("%d bytes are used, of %d", r.Bytes-r.Free, limit)
	}
	if !squeezed {
		t.Error("nothing was squeezed: the flood was too small to show anything")
	}
	c.add(eventsKept)
	for range 1000 {
		if err := s.Upkeep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.squeeze.part() == 1 {
			return
		}
	}
	t.Errorf("it stays squeezed: %s", fmt.Sprint(s.squeeze.part()))
}
