// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge/backup"
	"redbench/edge/seal"
	"redbench/edge/store"
	"redbench/sync/link"
)

// kept is what a box's state directory holds that cannot be made anew. Screens, playbooks and settings rest in the database.
var kept = backup.What{Program: "redbench", Database: store.File,
	Beside: []backup.File{{Name: seal.KeyFile, Must: true}, {Name: link.CredentialsFile}}}

// backups makes the box's backups, and takes out of them who was forgotten.
type backups struct {
	config *config.Config
	store  *store.Store
	keeper *backup.Keeper
	log    *slog.Logger
	now    func() time.Time

	working sync.Mutex // one at a time

	mu      sync.Mutex
	making  bool
	trouble string
	holding map[string]bool // by name: whether it holds somebody who was forgotten since, as far as it was looked at
	against int             // how many erasures there were then
	owes    time.Time       // since when the first does
	unread  string          // which cannot be read now, and why; empty: all can
}

func newBackups(c *config.Config, version string, s *store.Store, log *slog.Logger, now func() time.Time) *backups {
	return &backups{config: c, store: s, log: log, now: now, keeper: &backup.Keeper{What: kept, Dir: c.Backup.In(c.State.Dir),
		State: c.State.Dir, Version: version, Store: c.Store.ID, Now: now, Copy: s.Copy, Check: checkCopy}}
}

// checkCopy looks through a copy of a state directory, and starts on it as a box does.
func checkCopy(ctx context.Context, dir string, pace backup.Pace) (backup.Facts, error) {
	facts, err := store.Inspect(ctx, dir, pace)
	if err != nil {
		return facts, err
	}
	s, _, err := openCopy(ctx, dir, "")
	if err != nil {
		return facts, err
	}
	return facts, s.Close()
}

// openCopy opens a copy of a state directory. Nothing in it looks after itself.
func openCopy(ctx context.Context, dir, storeID string) (*store.Store, *seal.Box, error) {
	keys, err := seal.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	s, err := store.Open(ctx, store.Options{Dir: dir, StoreID: storeID, Seal: keys, Log: slog.New(slog.DiscardHandler), Ballast: -1, Upkeep: -1})
	return s, keys, err
}

// make makes a backup, deletes those beyond [backup] keep, and takes out of the others who was forgotten.
func (b *backups) make(ctx context.Context, pace backup.Pace) (backup.Backup, error) {
	if !b.working.TryLock() {
		return backup.Backup{}, backup.ErrBusy
	}
	defer b.working.Unlock()
	b.note(func() { b.making = true })
	made, err := b.keeper.Make(ctx, pace)
	if err == nil {
		_, err = b.keeper.Prune(b.config.Backup.Keep)
	}
	b.note(func() {
		b.making = false
		if b.trouble = ""; err != nil && ctx.Err() == nil {
			b.trouble = err.Error()
		}
	})
	if err != nil {
		return made, err
	}
	b.log.Info("a backup was made and proved", "backup", made.Name, "bytes", made.Bytes)
	return made, b.forget(ctx, pace)
}

func (b *backups) note(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// look finds out which backups hold somebody who was forgotten since.
func (b *backups) look(ctx context.Context) (owing []backup.Backup, err error) {
	record, err := store.Kept(ctx, b.config.State.Dir, false)
	if err != nil {
		return nil, err
	}
	all, err := backup.List(b.keeper.Dir, kept.Program)
	if err != nil {
		return nil, err
	}
	rotten, unread := backup.Rotten(b.keeper.Dir, kept.Program)
	grown := 0
	for _, each := range record {
		grown += each.Length
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.against != grown {
		b.holding, b.against = nil, grown
	}
	former := b.holding
	b.holding = map[string]bool{}
	var orders []time.Time
	for _, each := range record {
		orders = append(orders, each.At)
	}
	for _, each := range append(rotten, all...) {
		holds, seen := former[each.Name]
		if !seen {
			has, err := store.Kept(ctx, each.Path, true)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil && !backup.Broken(err) { // what is in it nobody knows, and the disk may come round
				unread = errors.Join(unread, err)
				continue
			}
			holds = err != nil || store.Lacks(has, record)
		}
		b.holding[each.Name] = holds
		if holds {
			owing = append(owing, each)
		}
	}
	b.tell(unread)
	if len(owing) > 0 || unread == nil {
		b.owes = backup.Owes(b.owes, b.now(), owing, orders)
	}
	return owing, nil
}

// tell notes which backups cannot be read.
func (b *backups) tell(unread error) {
	former := b.unread
	if b.unread = ""; unread != nil {
		b.unread = "a backup in " + b.keeper.Dir + " cannot be read, and whoever was forgotten may be in it: " + unread.Error()
	}
	if former == "" && b.unread != "" {
		b.log.Error("a backup cannot be read", "error", unread)
	}
}

// forget takes out of every backup who was forgotten since. One that cannot be written anew is dropped when it has held her for
// too long.
func (b *backups) forget(ctx context.Context, pace backup.Pace) error {
	owing, err := b.look(ctx)
	if err != nil || len(owing) == 0 {
		return err
	}
	var errs []error
	for _, each := range owing {
		err := b.rewrite(ctx, each, pace)
		if err != nil && !errors.Is(err, backup.ErrBusy) && ctx.Err() == nil && b.overdue() {
			err = b.drop(ctx, each, err, pace)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("forgetting in the backup %s: %w", each.Name, err))
		}
	}
	_, err = b.look(ctx)
	return errors.Join(append(errs, err)...)
}

// drop deletes a backup that could not be written anew. Where no other can be read that holds nobody who was forgotten, another is
// made first; where that cannot be, the latest that is whole stays: on a disk that fails, the last one is better than none.
func (b *backups) drop(ctx context.Context, each backup.Backup, why error, pace backup.Pace) error {
	all, err := backup.List(b.keeper.Dir, kept.Program)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(other backup.Backup) bool { return b.clean(ctx, other) }) {
		if _, err := b.keeper.Make(ctx, pace); err != nil && !b.keeper.Replaceable(ctx, each, pace) {
			return fmt.Errorf("%w; it is kept, as it may be the last that can be read, and no other can be made: %w", why, err)
		}
		if _, err := b.look(ctx); err != nil {
			return err
		}
	}
	b.log.Error("a backup that holds somebody who was forgotten could not be written anew, and is dropped", "backup", each.Name, "error", why)
	return b.keeper.Drop(each)
}

// clean reports whether a backup can be read now, and holds nobody who was forgotten.
func (b *backups) clean(ctx context.Context, each backup.Backup) (is bool) {
	b.note(func() {
		holds, seen := b.holding[each.Name]
		is = seen && !holds
	})
	if is {
		_, err := store.Kept(ctx, each.Path, true)
		is = err == nil
	}
	return is
}

// stillHold adds to what is told of an erasure which copies still hold her. She is forgotten whatever they are: where nobody can
// tell, the log does.
func (b *backups) stillHold(ctx context.Context, report *control.ForgetReport) {
	owing, err := b.look(ctx)
	if err != nil {
		b.log.Warn("looking through the backups", "error", err)
	}
	if report.Backups = len(owing); len(owing) > 0 {
		b.note(func() { report.Until = b.owes.Add(b.config.Backup.ForgetWithin()).UTC() })
	}
	report.Former = backup.Formers(b.config.State.Dir)
}

func (b *backups) overdue() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now().Sub(b.owes).Abs() >= b.config.Backup.ForgetWithin()
}

func (b *backups) rewrite(ctx context.Context, old backup.Backup, pace backup.Pace) error {
	keys, err := seal.Open(b.config.State.Dir)
	if err != nil {
		return err
	}
	all, err := store.Erasures(ctx, b.config.State.Dir, keys)
	if err != nil {
		return err
	}
	fresh, err := b.keeper.Rewrite(ctx, old, func(ctx context.Context, dir string) error {
		_, err := forgetIn(ctx, dir, b.config.State.Dir, b.config.Store.ID, all)
		return err
	}, pace)
	if err == nil {
		b.log.Info("a backup was written anew, without whom was forgotten since it was made", "backup", fresh.Name)
	}
	return err
}

// forgetIn carries erasures out on a copy of a state directory, with the keys of the present one: they are those of the copy
// and any that came since.
func forgetIn(ctx context.Context, dir, state, storeID string, all []store.CarriedOut) (found int, err error) {
	if err := takeKeys(dir, state); err != nil {
		return 0, err
	}
	s, _, err := openCopy(ctx, dir, storeID)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.ForgetAgain(ctx, all)
}

// takeKeys gives a copy the keys of a state directory, where those are the same box's: they are its own and what came since.
func takeKeys(dir, state string) error {
	ours, err := seal.Open(dir)
	if err != nil {
		return err
	}
	present, err := seal.Open(state)
	if err != nil || ours.Fingerprint() != present.Fingerprint() {
		return err
	}
	data, err := os.ReadFile(filepath.Join(state, seal.KeyFile))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, seal.KeyFile), data, 0o600)
}

// late is from when on people are told that there is no good backup.
const late = 48 * time.Hour

// status tells how the backups stand.
func (b *backups) status(ctx context.Context) (*control.Backup, error) {
	owing, err := b.look(ctx)
	if err != nil {
		return nil, err
	}
	all, err := backup.List(b.keeper.Dir, kept.Program)
	if err != nil {
		return nil, err
	}
	view := &control.Backup{Dir: b.keeper.Dir, Count: len(all), Holding: len(owing)}
	if len(all) > 0 {
		view.Last, view.Name = all[len(all)-1].Made, all[len(all)-1].Name
	}
	view.Late = b.config.Backup.At != "" && b.now().Sub(view.Last).Abs() > late
	b.note(func() { view.Making, view.Error = b.making, cmp.Or(b.trouble, b.unread) })
	return view, nil
}
