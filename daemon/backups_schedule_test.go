// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/backup"
	"redbench/edge/guard"
	"redbench/edge/playbook"
	"redbench/edge/store"
)

// night is a box's backups by a clock of the test's.
type night struct {
	*backupLoop
	t   *testing.T
	now time.Time
}

// at moves the clock, and does what is due then.
func (n *night) at(text string) {
	n.t.Helper()
	now, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		n.t.Fatal(err)
	}
	n.now = now
	n.round(n.t.Context(), now)
}

// starts begins anew as a process does; what the former one noted is gone.
func (n *night) starts(text string) {
	n.t.Helper()
	b := newBackups(n.config, "v1", n.store, quiet(nil), func() time.Time { return n.now })
	n.backupLoop = &backupLoop{backups: b}
	n.begun, _ = time.Parse("2006-01-02 15:04", text)
	n.at(text)
}

func (n *night) forgets(card string) {
	n.t.Helper()
	if _, err := n.store.Forget(n.t.Context(), edge.Identifier{Kind: edge.KindCard, Value: card}); err != nil {
		n.t.Fatal(err)
	}
}

// stands checks how many backups there are, and how many of them hold somebody who was forgotten.
func (n *night) stands(when string, count, holding int) {
	n.t.Helper()
	s, err := n.status(n.t.Context())
	if err != nil || s.Count != count || s.Holding != holding {
		n.t.Errorf("%s: %+v, %v", when, s, err)
	}
}

// newNight is a box of a time to come: what a backup's directory was last changed at is the real one.
func newNight(t *testing.T, settings ...string) *night {
	t.Helper()
	c, err := config.Load("", append([]string{"REDBENCH_STATE_DIR=" + filepath.Join(t.TempDir(), "state"), "REDBENCH_STORE_TIME_ZONE=UTC"}, settings...))
	if err != nil {
		t.Fatal(err)
	}
	n := &night{t: t, now: time.Date(2126, 3, 1, 9, 0, 0, 0, time.UTC)}
	_, s, err := openRecord(t.Context(), Options{Config: c, Log: quiet(nil), Now: func() time.Time { return n.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	n.backupLoop = &backupLoop{backups: &backups{config: c, store: s}}
	r := record{config: c, playbook: playbook.Default, store: s, cards: guard.New(nil)}
	file := strings.NewReader("identifier,kind,name\n29120001,card,Ada\n29120002,card,Grace\n")
	if _, err := r.Import(t.Context(), control.ImportRequest{Kind: control.ImportCustomers}, file, nil); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestABoxBacksUpEachNight(t *testing.T) {
	n := newNight(t)
	for _, step := range []struct {
		starts bool
		at     string
		count  int
	}{
		{true, "2126-03-01 20:00", 0}, // off at night, and just started
		{false, "2126-03-01 20:04", 0},
		{false, "2126-03-01 20:05", 1}, // made up for
		{false, "2126-03-01 20:06", 1},
		{false, "2126-03-02 03:29", 1},
		{false, "2126-03-02 03:30", 2}, // though the one that was made up for is a few hours old
		{false, "2126-03-02 03:31", 2},
		{false, "2126-03-03 03:29", 2},
		{false, "2126-03-03 03:30", 3},
		{true, "2126-03-03 09:00", 3}, // off at no hour that matters
		{false, "2126-03-03 12:00", 3},
		{true, "2126-02-01 12:00", 3}, // started with a flat battery: by this clock the last one is of a time to come
		{false, "2126-02-01 12:05", 4},
		{false, "2126-02-01 12:06", 4},
		{false, "2126-02-02 03:30", 5},
	} {
		if step.starts {
			n.starts(step.at)
		} else {
			n.at(step.at)
		}
		n.stands(step.at, step.count, 0)
	}
	if s, err := n.status(t.Context()); err != nil || !s.Last.Equal(n.now) {
		t.Errorf("the last is of %v, %v", s.Last, err)
	}
}

// TestAFailedBackupIsTriedAgain, told of until one is made, and older ones stay.
func TestAFailedBackupIsTriedAgain(t *testing.T) {
	n := newNight(t)
	n.starts("2126-03-01 03:30")
	n.at("2126-03-01 03:35")
	whole, tries := n.keeper.Copy, 0
	n.keeper.Copy = func(context.Context, string, backup.Pace) (map[string]int64, error) {
		tries++
		return nil, errors.New("the disk is full")
	}
	for _, at := range []string{"03-02 03:30", "03-02 03:31", "03-02 04:29", "03-02 04:30", "03-02 05:30"} {
		n.at("2126-" + at)
	}
	n.stands("failing", 1, 0)
	if s, err := n.status(t.Context()); err != nil || tries != 3 || !strings.Contains(s.Error, "the disk is full") || s.Late {
		t.Errorf("tried %d times; %+v, %v", tries, s, err)
	}
	n.at("2126-03-03 03:36")
	if s, err := n.status(t.Context()); err != nil || !s.Late {
		t.Errorf("after two days: %+v, %v", s, err)
	}
	n.keeper.Copy = whole
	n.at("2126-03-03 04:36")
	if s, err := n.status(t.Context()); err != nil || s.Count != 2 || s.Error != "" || s.Late {
		t.Errorf("after one was made: %+v, %v", s, err)
	}
}

// TestTheForgottenLeaveTheBackupsInTime: within [backup] forget_within_hours, also of a box that is off each night and makes no backup.
func TestTheForgottenLeaveTheBackupsInTime(t *testing.T) {
	n := newNight(t, "REDBENCH_BACKUP_AT=")
	n.starts("2126-03-01 09:00")
	for range 2 {
		if _, err := n.make(t.Context(), backup.Pace{}); err != nil {
			t.Fatal(err)
		}
	}
	n.at("2126-03-01 10:00")
	n.forgets("29120001")
	n.at("2126-03-01 10:01")
	n.stands("at once", 2, 2)
	n.starts("2126-03-01 21:59") // half of its time, so that several cost one writing
	n.stands("after twelve hours less a minute", 2, 2)
	n.at("2126-03-01 22:00")
	n.stands("after twelve hours", 2, 0)
}

// TestOneThatCannotBeWrittenAnewGoes when her time is up, though no other can be made; of all of them the latest stays, which is
// written anew as soon as that can be.
func TestOneThatCannotBeWrittenAnewGoes(t *testing.T) {
	n := newNight(t, "REDBENCH_BACKUP_AT=")
	n.starts("2126-03-01 09:00")
	for range 3 {
		if _, err := n.make(t.Context(), backup.Pace{}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := backup.List(n.keeper.Dir, kept.Program)
	if err != nil {
		t.Fatal(err)
	}
	n.forgets("29120001")
	n.starts("2126-03-01 20:00") // what was noted before is gone
	sound := n.keeper.Check
	n.keeper.Check = func(context.Context, string, backup.Pace) (backup.Facts, error) {
		return backup.Facts{}, errors.New("the disk is full")
	}
	n.at("2126-03-02 08:59")
	n.stands("a minute before her time is up", 3, 3)
	n.at("2126-03-02 09:00")
	n.stands("when it is up", 1, 1)
	if !there(all[2]) {
		t.Error("the latest is gone")
	}
	n.keeper.Check = sound
	n.at("2126-03-02 09:01")
	n.stands("when it can be written anew", 1, 0)
	if there(all[2]) {
		t.Error("the one that held her is there")
	}
}

// TestARottenManifestKeepsNobody: what nobody lists or restores may hold her, too.
func TestARottenManifestKeepsNobody(t *testing.T) {
	n := newNight(t, "REDBENCH_BACKUP_AT=")
	n.starts("2126-03-01 09:00")
	var made []backup.Backup
	for range 2 {
		each, err := n.make(t.Context(), backup.Pace{})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, each)
	}
	if err := os.WriteFile(filepath.Join(made[0].Path, "manifest.json"), []byte("rotten"), 0o600); err != nil {
		t.Fatal(err)
	}
	n.stands("nobody was forgotten", 1, 0)
	n.forgets("29120001")
	n.stands("she was", 1, 2)
	n.at("2126-03-01 21:00")
	n.stands("after twelve hours", 1, 1) // the other is written anew
	n.at("2126-03-02 09:00")
	n.stands("when her time is up", 1, 0)
	entries, err := os.ReadDir(n.keeper.Dir)
	if err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == made[0].Name }) {
		t.Errorf("it is there: %v, %v", entries, err)
	}
}

// TestWhatAKilledBackupLeftIsCleared at the start, also where none is ever made by itself: people are in it.
func TestWhatAKilledBackupLeftIsCleared(t *testing.T) {
	n := newNight(t, "REDBENCH_BACKUP_AT=")
	left := filepath.Join(n.config.Backup.In(n.config.State.Dir), ".making-redbench-21260301T000000Z")
	if err := errors.Join(os.MkdirAll(left, 0o700), os.WriteFile(filepath.Join(left, store.File), []byte("Ada"), 0o600)); err != nil {
		t.Fatal(err)
	}
	n.starts("2126-03-01 09:00")
	if _, err := os.Stat(left); err == nil {
		t.Error("it is left")
	}
}
