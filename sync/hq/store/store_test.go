// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"redbench/edge"
	"redbench/sync/hq"
)

func open(t *testing.T, dir string, change ...func(*Options)) *Store {
	t.Helper()
	o := Options{Dir: dir, Fingerprint: [8]byte{1}, Upkeep: -1}
	for _, c := range change {
		c(&o)
	}
	s, err := Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(name, value string) func(hq.Tx) error {
	return func(tx hq.Tx) error { return tx.PutValue(name, []byte(value)) }
}

func TestOtherKeysAreRefused(t *testing.T) {
	dir := t.TempDir()
	must(t, open(t, dir).Close())
	_, err := Open(t.Context(), Options{Dir: dir, Fingerprint: [8]byte{2}})
	if err == nil || !strings.Contains(err.Error(), "other keys") {
		t.Errorf("other keys: %v", err)
	}
}

func TestANewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, err := s.write.Exec("PRAGMA user_version = 99")
	must(t, err)
	must(t, s.Close())
	if _, err := Open(t.Context(), Options{Dir: dir, Fingerprint: [8]byte{1}}); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("a newer schema: %v", err)
	}
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a place?with 100% odd names")
	open(t, dir)
	for _, name := range []string{File, File + "-wal"} {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", name, info.Mode())
		}
	}
}

// TestTwoWhoWriteExcludeEachOther: a counter that both read and write loses no step.
func TestTwoWhoWriteExcludeEachOther(t *testing.T) {
	dir := t.TempDir()
	both := []*Store{open(t, dir), open(t, dir)}
	const n = 50
	var group sync.WaitGroup
	for _, s := range both {
		group.Go(func() {
			for range n {
				err := s.Update(t.Context(), func(tx hq.Tx) error {
					have, err := tx.Value("count")
					if err != nil {
						return err
					}
					return tx.PutValue("count", append(have, 'x'))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	must(t, both[0].View(t.Context(), func(tx hq.Tx) error {
		have, err := tx.Value("count")
		if len(have) != 2*n {
			t.Errorf("%d of %d steps", len(have), 2*n)
		}
		return err
	}))
}

func TestAFailedUpdateLeavesNothing(t *testing.T) {
	s := open(t, t.TempDir())
	broken := errors.New("broken")
	err := s.Update(t.Context(), func(tx hq.Tx) error {
		must(t, tx.PutValue("a", []byte("1")))
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	must(t, s.View(t.Context(), func(tx hq.Tx) error {
		have, err := tx.Value("a")
		if have != nil {
			t.Errorf("left: %s", have)
		}
		return err
	}))
	if err := s.View(t.Context(), put("a", "1")); err == nil {
		t.Error("a reader wrote")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Update(ended, put("a", "1")); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

func TestARestoreNeedsEverybodyOut(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := Replacing(dir); err == nil {
		t.Error("replaced under an open database")
	}
	must(t, s.Close())
	release, err := Replacing(dir)
	must(t, err)
	if _, err := Open(t.Context(), Options{Dir: dir, Fingerprint: [8]byte{1}}); !errors.Is(err, ErrReplaced) {
		t.Errorf("opened while it is replaced: %v", err)
	}
	must(t, release())
	open(t, dir)
}

// TestWhatAnotherProcessDeletedLeavesTheJournal: one that ended before it could cut the journal back leaves that to the server.
func TestWhatAnotherProcessDeletedLeavesTheJournal(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	server := open(t, dir, func(o *Options) { o.Now = func() time.Time { return now } })
	verb := open(t, dir)
	must(t, server.upkeep(t.Context())) // its minute begins
	must(t, verb.Update(t.Context(), put("a", "secret")))
	must(t, verb.Update(t.Context(), put("a", "x")))
	must(t, server.upkeep(t.Context()))
	if size(filepath.Join(dir, File+"-wal")) == 0 {
		t.Fatal("the control finds no journal")
	}
	now = now.Add(journalOld + time.Second)
	must(t, server.upkeep(t.Context()))
	if n := size(filepath.Join(dir, File+"-wal")); n != 0 {
		t.Errorf("the journal has %d bytes", n)
	}
}

func TestEraseTellsWhenSomebodyReads(t *testing.T) {
	s := open(t, t.TempDir())
	must(t, s.Update(t.Context(), put("a", "1")))
	must(t, s.View(t.Context(), func(tx hq.Tx) error {
		_, err := tx.Value("a")
		must(t, err)
		must(t, s.Update(context.WithoutCancel(t.Context()), put("a", "2")))
		if err := s.Erase(t.Context()); !errors.Is(err, ErrLingers) {
			t.Errorf("beside a reader: %v", err)
		}
		return nil
	}))
	must(t, s.upkeep(t.Context()))
	if n := size(s.path + "-wal"); n != 0 || s.lingers.Load() {
		t.Errorf("upkeep leaves %d bytes", n)
	}
}

// TestManyRowsAreWrittenInAnyNumber: rows are written by statements of several sizes.
func TestManyRowsAreWrittenInAnyNumber(t *testing.T) {
	s := open(t, t.TempDir())
	for _, n := range []int{0, 1, 7, 8, 9, 63, 64, 65, 200} {
		must(t, s.Update(t.Context(), func(tx hq.Tx) error {
			all := make([]hq.Entity, n)
			ids := make([]string, n)
			for i := range all {
				ids[i] = string(rune('a'+n)) + string(rune('a'+i))
				all[i] = hq.Entity{Pos: int64(1000*n + i), Kind: hq.EntityVisit, ID: ids[i], At: 1}
			}
			if err := tx.PutEntities(all); err != nil {
				return err
			}
			got, err := tx.EntitiesByID(hq.EntityVisit, ids, false)
			if len(got) != n {
				t.Errorf("%d of %d rows", len(got), n)
			}
			return err
		}))
	}
	must(t, s.View(t.Context(), func(tx hq.Tx) error {
		if _, err := tx.Person(5); !errors.Is(err, edge.ErrNotFound) {
			t.Errorf("nobody: %v", err)
		}
		counts, err := tx.CountEntities()
		if counts[hq.EntityVisit] != 417 {
			t.Errorf("%v", counts)
		}
		return err
	}))
}

// TestOneCustomersChangeScansNoTable: with 20 million customers a join or an erasure must cost what is hers.
func TestOneCustomersChangeScansNoTable(t *testing.T) {
	s := open(t, t.TempDir())
	for _, query := range slices.Concat(moves[:], deletes[:]) {
		args := []any{1, 2, 3}[:strings.Count(query, "?")]
		rows, err := s.read.Query("EXPLAIN QUERY PLAN "+query, args...)
		must(t, err)
		for rows.Next() {
			var id, parent, unused int
			var detail string
			must(t, rows.Scan(&id, &parent, &unused, &detail))
			if strings.HasPrefix(detail, "SCAN") {
				t.Errorf("%s: %s", query, detail)
			}
		}
		must(t, errors.Join(rows.Err(), rows.Close()))
	}
}
