// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"path/filepath"
	"testing"

	"redbench/edge/scrub"
)

// leave puts copies of traces where SQLite leaves them when it moves rows: in the unused part of the file.
func leave(t *testing.T, dir string, traces map[string][]byte) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, File)+"?_secure_delete=off&_journal_mode=WAL")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for name, trace := range traces { // each on a page of its own
		if _, err := db.Exec(`INSERT INTO meta (name, value) VALUES (?, ?)`, "copy of "+name, append(make([]byte, 8000), trace...)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec(`DELETE FROM meta WHERE name LIKE 'copy of %'`); err != nil {
		t.Fatal(err)
	}
}

// hers are the traces that Forget has to see to: her id is no secret, and her card stands nowhere as it is.
func hers(t *testing.T, s *Store) map[string][]byte {
	t.Helper()
	out := traces(t, s, cardOf("6001"))
	maps.DeleteFunc(out, func(name string, _ []byte) bool { return name == "id" || name == "identifier" })
	return out
}

// TestCopiesThatSQLiteLeftGoToo: what secure_delete does not reach is looked for, and written over.
func TestCopiesThatSQLiteLeftGoToo(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	maya(t, s)
	left := hers(t, s)
	leave(t, dir, left)
	if err := s.checkpoint(t.Context(), "TRUNCATE"); err != nil {
		t.Fatal(err)
	}
	control := maps.Clone(left)
	if got := found(t, dir, control); len(got) != len(left) {
		t.Fatalf("the control finds %v", got)
	}
	if _, err := s.Forget(t.Context(), cardOf("6001")); err != nil {
		t.Fatal(err)
	}
	if got := found(t, dir, left); got != nil {
		t.Errorf("left: %v", got)
	}
	if s.scrub.Owes() || count(t, s, `SELECT count(*) FROM meta WHERE name = 'scrub'`) != 0 {
		t.Error("there is more to do")
	}
}

// TestWhatCannotBeTakenOutIsSaid: a copy of hers in a row that is not hers.
func TestWhatCannotBeTakenOutIsSaid(t *testing.T) {
	s := openStore(t, t.TempDir())
	maya(t, s)
	if _, err := s.write.Exec(`INSERT INTO meta (name, value) VALUES ('copy', ?)`, hers(t, s)["wrapped key"]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Forget(t.Context(), cardOf("6001")); !errors.Is(err, scrub.ErrLeft) {
		t.Fatalf("forgotten with a copy of her key left: %v", err)
	}
}

// TestWithoutRoomItIsTriedAgain: later, and not at each round.
func TestWithoutRoomItIsTriedAgain(t *testing.T) {
	clock := newClock()
	dir := t.TempDir()
	s := openStore(t, dir, func(o *Options) { o.Now = clock.Now })
	maya(t, s)
	left := hers(t, s)
	leave(t, dir, left)
	rewrite, full := s.scrub.Rewrite, errors.New("no room")
	s.scrub.Rewrite = func(context.Context) error { return full }
	if _, err := s.Forget(t.Context(), cardOf("6001")); !errors.Is(err, ErrLingers) || !errors.Is(err, full) {
		t.Fatalf("forgotten: %v", err)
	}
	if err := s.Upkeep(t.Context()); !errors.Is(err, ErrLingers) {
		t.Errorf("upkeep: %v", err)
	}
	s.scrub.Rewrite = rewrite
	if err := s.Upkeep(t.Context()); err != nil || !s.scrub.Owes() {
		t.Errorf("upkeep did not rest: %v", err)
	}
	clock.now = clock.now.Add(scrubRest)
	if err := s.Upkeep(t.Context()); err != nil || s.scrub.Owes() {
		t.Errorf("upkeep after its rest: %v, owes %v", err, s.scrub.Owes())
	}
	if got := found(t, dir, left); got != nil {
		t.Errorf("left: %v", got)
	}
}

// TestAfterACrashTheDatabaseIsWrittenAnew: nobody knows any more what to look for.
func TestAfterACrashTheDatabaseIsWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	maya(t, s)
	left := hers(t, s)
	leave(t, dir, left)
	err := s.working(t.Context(), func(w *work) error { return w.forget(1, nil) }) // and dies before it looks
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := found(t, dir, left); got == nil {
		t.Fatal("the control finds nothing")
	}
	s = openStore(t, dir)
	if err := s.Upkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := found(t, dir, left); got != nil || s.scrub.Owes() {
		t.Errorf("left: %v, owes %v", got, s.scrub.Owes())
	}
}

// TestAChangeThatIsTakenBackOwesNothing: what was to be deleted is there still, and rightly.
func TestAChangeThatIsTakenBackOwesNothing(t *testing.T) {
	s := openStore(t, t.TempDir())
	maya(t, s)
	failed := errors.New("no")
	err := s.working(t.Context(), func(w *work) error { return errors.Join(w.forget(1, nil), failed) })
	if !errors.Is(err, failed) || s.scrub.Owes() {
		t.Errorf("%v, owes %v", err, s.scrub.Owes())
	}
}
