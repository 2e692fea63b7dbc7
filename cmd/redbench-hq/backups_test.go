// SPDX-License-Identifier: Apache-2.0

package main

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

	"redbench/edge"
	"redbench/edge/backup"
	"redbench/sync/hq/config"
)

// shelf is a head office with backups, in a running process.
type shelf struct {
	*backups
	t     *testing.T
	o     *office
	begun time.Time
}

func newShelf(t *testing.T, forgetWithin int) *shelf {
	cfg, err := config.Load("", []string{"REDBENCH_HQ_STATE_DIR=" + t.TempDir()}, nil)
	check(t, err)
	cfg.Backup.ForgetWithinHours = forgetWithin
	o, err := openOffice(t.Context(), cfg, slog.New(slog.DiscardHandler))
	check(t, err)
	t.Cleanup(func() { check(t, o.Close()) })
	s := &shelf{t: t, o: o}
	s.starts(cfg)
	return s
}

// starts begins anew as a process does; what the former one noted is gone.
func (s *shelf) starts(cfg *config.Config) {
	s.backups, s.begun = newBackups(s.o, cfg, slog.New(slog.DiscardHandler)), time.Now()
}

func (s *shelf) makes(n int) (all []backup.Backup) {
	s.t.Helper()
	for range n {
		made, err := s.make(s.t.Context(), backup.Pace{})
		check(s.t, err)
		all = append(all, made)
	}
	return all
}

func (s *shelf) forgets() {
	s.t.Helper()
	_, err := s.o.Forget(s.t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "29120001"})
	check(s.t, err)
}

// after does what is due so long from now.
func (s *shelf) after(d time.Duration) error {
	return s.round(s.t.Context(), time.Now().Add(d), s.begun)
}

func (s *shelf) stands(when string, count, holding int) {
	s.t.Helper()
	all, err := backup.List(s.keeper.Dir, kept.Program)
	check(s.t, err)
	owing, err := s.owing(s.t.Context())
	if err != nil || len(all) != count || len(owing) != holding {
		s.t.Errorf("%s: %d backups, of which %d hold somebody, %v", when, len(all), len(owing), err)
	}
}

// TestHeadOfficeBacksUpEachDay a while after the start, and once.
func TestHeadOfficeBacksUpEachDay(t *testing.T) {
	s := newShelf(t, 24)
	check(t, s.after(time.Minute))
	s.stands("a minute after the start", 0, 0)
	check(t, s.after(3*time.Minute))
	s.stands("three minutes after the start", 1, 0)
	check(t, s.after(4*time.Minute))
	s.stands("a minute later", 1, 0)
	check(t, s.after(25*time.Hour))
	s.stands("the day after", 2, 0)
	tries := 0
	s.keeper.Copy = func(context.Context, string, backup.Pace) (map[string]int64, error) {
		tries++
		return nil, errors.New("the disk is full")
	}
	for minute := range 120 {
		err := s.after(50*time.Hour + time.Duration(minute)*time.Minute)
		if err != nil && !strings.Contains(err.Error(), "the disk is full") {
			t.Error(err)
		}
	}
	if s.stands("while none can be made", 2, 0); tries != 2 {
		t.Errorf("in two hours it was tried %d times", tries)
	}
}

// TestHeadOfficesBackupsForgetInTime, also where it was started anew meanwhile.
func TestHeadOfficesBackupsForgetInTime(t *testing.T) {
	s := newShelf(t, 24)
	s.cfg.Backup.At = ""
	s.makes(2)
	s.forgets()
	check(t, s.after(11*time.Hour))
	s.stands("after eleven hours", 2, 2)
	s.starts(s.cfg)
	check(t, s.after(13*time.Hour))
	s.stands("after thirteen hours and a start", 2, 0)
}

// TestHeadOfficeDropsWhatCannotBeWrittenAnew when her time is up: all but the latest that is whole, and what is rotten with them.
func TestHeadOfficeDropsWhatCannotBeWrittenAnew(t *testing.T) {
	s := newShelf(t, 0)
	s.cfg.Backup.At = ""
	all := s.makes(4)
	check(t, os.WriteFile(filepath.Join(all[3].Path, "manifest.json"), []byte("rotten"), 0o600))
	s.forgets()
	sound := s.keeper.Check
	s.keeper.Check = func(context.Context, string, backup.Pace) (backup.Facts, error) {
		return backup.Facts{}, errors.New("the disk is full")
	}
	if err := s.after(0); err == nil {
		t.Error("nothing is told of the one that is kept")
	}
	s.stands("when her time is up", 1, 1)
	if _, err := backup.Read(all[2].Path); err != nil {
		t.Errorf("the latest that is whole is gone: %v", err)
	}
	if _, err := os.Stat(all[3].Path); err == nil {
		t.Error("the rotten one is there")
	}
	s.keeper.Check = sound
	check(t, s.after(0))
	s.stands("when it can be written anew", 1, 0)
}

// letsGo is another process that works on the backups until something is logged: as late as it can, before one is dropped.
type letsGo struct{ *flock.Flock }

func (l letsGo) Write(p []byte) (int, error) { return len(p), l.Unlock() }

// TestHeadOfficeDropsNothingWhileAnotherIsAtWork: it is written anew at the next look, though its time is up.
func TestHeadOfficeDropsNothingWhileAnotherIsAtWork(t *testing.T) {
	s := newShelf(t, 0)
	s.cfg.Backup.At = ""
	s.makes(2)
	s.forgets()
	another := letsGo{flock.New(filepath.Join(s.keeper.Dir, ".lock"))}
	if held, err := another.TryLock(); err != nil || !held {
		t.Fatalf("the control: it is held: %v, %v", held, err)
	}
	s.log = slog.New(slog.NewTextHandler(another, nil))
	check(t, s.after(0))
	s.stands("while another is at work", 2, 2)
	check(t, another.Unlock())
	check(t, s.after(0))
	s.stands("when it is done", 2, 0)
}

// TestWhatAKilledBackupLeftAtHeadOfficeIsCleared at the next look: the verb may have died while head office runs on.
func TestWhatAKilledBackupLeftAtHeadOfficeIsCleared(t *testing.T) {
	s := newShelf(t, 24)
	s.cfg.Backup.At = ""
	left := filepath.Join(s.keeper.Dir, ".making-redbench-hq-20261122T000000Z")
	check(t, os.MkdirAll(left, 0o700))
	check(t, s.after(0))
	if _, err := os.Stat(left); err == nil {
		t.Error("it is left")
	}
}
