// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/backup"
	"redbench/edge/guard"
	"redbench/edge/playbook"
	"redbench/edge/store"
)

// owingBackups has one backup, and somebody who was forgotten since is in it. Its time is up at once.
func owingBackups(t *testing.T) (*backups, backup.Backup) {
	t.Helper()
	b, all := manyOwing(t, 1)
	return b, all[0]
}

func manyOwing(t *testing.T, count int) (b *backups, all []backup.Backup) {
	t.Helper()
	c, err := config.Load("", []string{"REDBENCH_STATE_DIR=" + filepath.Join(t.TempDir(), "state"), "REDBENCH_BACKUP_FORGET_WITHIN_HOURS=0"})
	if err != nil {
		t.Fatal(err)
	}
	_, s, err := openRecord(t.Context(), Options{Config: c, Log: quiet(nil)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r := record{config: c, playbook: playbook.Default, store: s, cards: guard.New(nil)}
	file := strings.NewReader("identifier,kind,name\n29120001,card,Ada\n")
	if _, err := r.Import(t.Context(), control.ImportRequest{Kind: control.ImportCustomers}, file, nil); err != nil {
		t.Fatal(err)
	}
	b = newBackups(c, "v1", s, quiet(nil), time.Now)
	for range count {
		made, err := b.make(t.Context(), backup.Pace{})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, made)
	}
	if _, err := s.Forget(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "29120001"}); err != nil {
		t.Fatal(err)
	}
	return b, all
}

func there(b backup.Backup) bool {
	_, err := backup.Read(b.Path)
	return err == nil
}

// A disk that fails for a while is no reason to delete what is on it.
func TestABackupThatCannotBeReadIsKept(t *testing.T) {
	b, made := owingBackups(t)
	db := filepath.Join(made.Path, store.File)
	if err := errors.Join(os.Rename(db, db+".aside"), os.Mkdir(db, 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := b.forget(t.Context(), backup.Pace{}); err != nil || !there(made) {
		t.Errorf("told %v; it is there: %v", err, there(made))
	}
	if s, err := b.status(t.Context()); err != nil || s.Holding != 0 || !strings.Contains(s.Error, "cannot be read") {
		t.Errorf("status tells %+v, %v", s, err)
	}
	if err := errors.Join(os.Remove(db), os.Rename(db+".aside", db)); err != nil {
		t.Fatal(err)
	}
	if err := b.forget(t.Context(), backup.Pace{}); err != nil {
		t.Error(err)
	}
	if s, err := b.status(t.Context()); err != nil || s.Holding != 0 || s.Error != "" || s.Count != 1 || there(made) {
		t.Errorf("it was not written anew once it could be read: %+v, %v", s, err)
	}
}

// What is damaged is of no use, and she may be in it.
func TestTheLastBackupGoesOnlyForAnother(t *testing.T) {
	b, made := owingBackups(t)
	if err := os.WriteFile(filepath.Join(made.Path, "keys.json"), []byte("rotten"), 0o600); err != nil {
		t.Fatal(err)
	}
	whole := b.keeper.Copy
	b.keeper.Copy = func(context.Context, string, backup.Pace) (map[string]int64, error) {
		return nil, errors.New("the disk is full")
	}
	if err := b.forget(t.Context(), backup.Pace{}); err == nil || !strings.Contains(err.Error(), "the last that can be read") || !there(made) {
		t.Errorf("told %v; it is there: %v", err, there(made))
	}
	b.keeper.Copy = whole
	if err := b.forget(t.Context(), backup.Pace{}); err != nil || there(made) {
		t.Errorf("told %v; it is there: %v", err, there(made))
	}
	if s, err := b.status(t.Context()); err != nil || s.Count != 1 || s.Holding != 0 {
		t.Errorf("status tells %+v, %v", s, err)
	}
}

func TestARottenDatabaseHoldsWhoeverWasForgotten(t *testing.T) {
	b, made := owingBackups(t)
	if err := os.WriteFile(filepath.Join(made.Path, store.File), []byte(strings.Repeat("rotten ", 2000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if owing, err := b.look(t.Context()); err != nil || len(owing) != 1 {
		t.Errorf("owing %d, %v", len(owing), err)
	}
}

// letsGo is another process that works on the backups until something is logged: as late as it can, before one is dropped.
type letsGo struct{ *flock.Flock }

func (l letsGo) Write(p []byte) (int, error) { return len(p), l.Unlock() }

// Somebody else at work says nothing about a backup: it is written anew at the next turn, though its time is up.
func TestWhileAnotherIsAtWorkNothingIsDropped(t *testing.T) {
	b, all := manyOwing(t, 2)
	another := letsGo{flock.New(filepath.Join(b.keeper.Dir, ".lock"))}
	if held, err := another.TryLock(); err != nil || !held {
		t.Fatalf("the control: it is held: %v, %v", held, err)
	}
	b.log = slog.New(slog.NewTextHandler(another, nil))
	if err := b.forget(t.Context(), backup.Pace{}); !errors.Is(err, backup.ErrBusy) || !there(all[0]) || !there(all[1]) {
		t.Errorf("told %v; they are there: %v, %v", err, there(all[0]), there(all[1]))
	}
	if err := another.Unlock(); err != nil {
		t.Fatal(err)
	}
	if err := b.forget(t.Context(), backup.Pace{}); err != nil {
		t.Error(err)
	}
	if s, err := b.status(t.Context()); err != nil || s.Count != 2 || s.Holding != 0 || there(all[0]) || there(all[1]) {
		t.Errorf("they were not written anew: %+v, %v", s, err)
	}
}
