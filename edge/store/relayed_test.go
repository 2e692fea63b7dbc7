// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
)

func eventPage(cursor string, events ...edge.Relayed) edge.Page {
	p := edge.Page{Cursor: cursor}
	for i := range events {
		p.Changes = append(p.Changes, edge.Change{Kind: edge.ChangeEvent, Event: &events[i]})
	}
	return p
}

func relayed(t *testing.T, s *Store) []edge.Relayed {
	t.Helper()
	list, err := s.Relayed(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestARelayedEventRestsUntilItsLaneHasIt(t *testing.T) {
	dir, clock := t.TempDir(), newClock()
	hq := office(t)
	s := enrol(t, openStore(t, dir, func(o *Options) { o.Now = clock.Now }), hq)
	first := edge.Relayed{ID: newID(), Lane: "3", Payload: []byte(`{"identifier":"6001002003004"}`), Waited: 1500}
	second := edge.Relayed{ID: newID(), Lane: "4", Payload: []byte(`{}`)}
	for range 2 { // a page may come again
		out, err := s.Apply(t.Context(), eventPage("c1", first, second))
		if err != nil || !out.Relayed {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	if diff := cmp.Diff([]edge.Relayed{first, second}, relayed(t, s)); diff != "" {
		t.Error(diff)
	}
	files, err := filepath.Glob(filepath.Join(dir, "store.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		if data, err := os.ReadFile(file); err != nil || bytes.Contains(data, []byte("6001002003004")) {
			t.Errorf("%s holds the card in clear (%v)", file, err)
		}
	}

	clock.add(time.Minute)
	if got := relayed(t, s); got[0].Waited != 61_500 || got[1].Waited != 60_000 {
		t.Errorf("a minute later they have waited %d and %d ms", got[0].Waited, got[1].Waited)
	}
	clock.add(-time.Hour)
	if got := relayed(t, s); got[0].Waited != 1500 {
		t.Errorf("with the clock set back: %d ms", got[0].Waited)
	}
	if err := s.RelayedDone(t.Context(), []string{first.ID}); err != nil {
		t.Fatal(err)
	}
	if got := relayed(t, s); len(got) != 1 || got[0].ID != second.ID {
		t.Errorf("left: %+v", got)
	}
}

func TestADamagedRelayedEventKeepsNobodyWaiting(t *testing.T) {
	s, _ := enrolled(t)
	var events []edge.Relayed
	for i := range 3 {
		events = append(events, edge.Relayed{ID: fmt.Sprintf("e%d", i), Lane: "1", Payload: []byte("{}")})
	}
	if _, err := s.Apply(t.Context(), eventPage("c", events...)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.write.Exec(`UPDATE relayed SET body = x'00' WHERE id = 'e0'`); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if diff := cmp.Diff(events[1:], relayed(t, s)); diff != "" {
			t.Error(diff)
		}
	}
	if n := len(texts(t, s, `SELECT id FROM relayed`)); n != 2 {
		t.Errorf("%d rows rest", n)
	}
}
