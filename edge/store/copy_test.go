// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"redbench/edge/backup"
	"redbench/edge/seal"
)

// copied is a backup's directory of a store, with its keys.
func copied(t *testing.T, s *Store, dir string) string {
	t.Helper()
	to := t.TempDir()
	if _, err := s.Copy(t.Context(), filepath.Join(to, File), backup.Pace{Spare: 1}); err != nil {
		t.Fatal(err)
	}
	keys, err := os.ReadFile(filepath.Join(dir, seal.KeyFile))
	if err == nil {
		err = os.WriteFile(filepath.Join(to, seal.KeyFile), keys, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func TestACopyIsLookedThrough(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	town(t, s, 200, 1)
	to := copied(t, s, dir)
	facts, err := Inspect(t.Context(), to, backup.Pace{})
	if err != nil || facts.Counts["customers"] != 200 || facts.Box == "" || facts.Schema == 0 {
		t.Fatalf("a sound copy: %+v, %v", facts, err)
	}
	db := backup.OpenBeside(filepath.Join(to, File))
	if _, err := db.Exec(`PRAGMA query_only = off; UPDATE customers SET wrapped = zeroblob(length(wrapped)) WHERE ref = 77`); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Inspect(t.Context(), to, backup.Pace{}); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("a key that does not open was told as %v", err)
	}
}

// TestForgettingDoesNotWaitForACopy: a copy reads for minutes; she who is forgotten meanwhile is in no file at once, and not in
// the copy.
func TestForgettingDoesNotWaitForACopy(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	town(t, s, 500, 1)
	hers := traces(t, s, card(7))
	to, forgot := filepath.Join(t.TempDir(), File), make(chan error, 1)
	begun := false
	_, err := s.Copy(t.Context(), to, backup.Pace{Spare: 1, Progress: func(backup.Progress) {
		if begun {
			return
		}
		begun = true
		go func() {
			_, err := s.Forget(context.Background(), card(7))
			forgot <- err
		}()
		<-s.copying.Asked() // until it has been asked to yield
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-forgot; err != nil {
		t.Fatalf("forgetting beside a copy: %v", err)
	}
	for _, where := range []string{dir, filepath.Dir(to)} {
		if left := found(t, where, hers); len(left) > 0 {
			t.Errorf("she is left: %q", left)
		}
	}
}

// TestOldCopiesForget: what was forgotten since a copy was made is carried out on it, and what was not stays.
func TestOldCopiesForget(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	town(t, s, 50, 1)
	hers := traces(t, s, card(7))
	delete(hers, "id") // it stays, so that nothing that comes late brings her back
	to := copied(t, s, dir)
	if _, err := s.Forget(t.Context(), card(7)); err != nil {
		t.Fatal(err)
	}
	record, err := Kept(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	before, err := Kept(t.Context(), to, true)
	if err != nil || !Lacks(before, record) || len(found(t, to, hers)) == 0 {
		t.Fatalf("the control: %v lacks %v, %v", before, record, err)
	}
	all, err := Erasures(t.Context(), dir, s.opt.Seal)
	if err != nil || len(all) != 1 {
		t.Fatalf("carried out: %+v, %v", all, err)
	}
	old := openStore(t, to)
	if n, err := old.ForgetAgain(t.Context(), all); err != nil || n != 1 {
		t.Fatalf("forgetting again meant %d, %v", n, err)
	}
	if _, err := old.Profile(t.Context(), card(8)); err != nil {
		t.Errorf("another customer is gone: %v", err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if left := found(t, to, hers); len(left) > 0 {
		t.Errorf("she is left: %q", left)
	}
	after, err := Kept(t.Context(), to, true)
	if err != nil || Lacks(after, record) {
		t.Errorf("%v still lacks %v, %v", after, record, err)
	}
}
