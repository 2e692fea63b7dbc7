// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"redbench/cmd/internal/cli"
	"redbench/edge/backup"
	"redbench/edge/seal"
	"redbench/sync/hq"
	"redbench/sync/hq/authority"
	"redbench/sync/hq/config"
	"redbench/sync/hq/store"
)

// kept is what head office's state directory holds that cannot be made anew. The marker is left out on purpose: what is put
// back is an older copy, and is to be taken for one.
var kept = backup.What{Program: "redbench-hq", Database: store.File,
	Beside: []backup.File{{Name: seal.KeyFile, Must: true}, {Name: authority.File}, {Name: authority.PublicFile}}}

// backups makes head office's backups, and takes out of them who was forgotten.
type backups struct {
	cfg    *config.Config
	log    *slog.Logger
	keeper *backup.Keeper

	working sync.Mutex
	tried   time.Time
	failed  bool
	owes    time.Time // since when the first holds somebody who was forgotten
	unread  bool
}

func newBackups(o *office, cfg *config.Config, log *slog.Logger) *backups {
	return &backups{cfg: cfg, log: log, keeper: &backup.Keeper{What: kept, Dir: cfg.Backup.In(cfg.State.Dir), State: cfg.State.Dir,
		Version: cli.Version(stamped), Now: time.Now, Copy: o.store.Copy, Check: checkCopy,
		Known: func(ctx context.Context) (int64, error) { return store.Known(ctx, cfg.State.Dir) }}}
}

// checkCopy looks through a copy of a state directory, and opens it as head office does.
func checkCopy(ctx context.Context, dir string, pace backup.Pace) (backup.Facts, error) {
	facts, err := store.Inspect(ctx, dir, pace)
	if err != nil {
		return facts, err
	}
	return facts, withCopy(ctx, dir, func(o *office) error { return o.Ready(ctx) })
}

// withCopy opens a copy of a state directory.
func withCopy(ctx context.Context, dir string, do func(*office) error) error {
	keys, err := seal.OpenChain(dir)
	if err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	opened, err := store.Open(ctx, store.Options{Dir: dir, Fingerprint: keys.Fingerprint(), Log: quiet, Upkeep: -1})
	if err != nil {
		return err
	}
	made, err := hq.New(hq.Options{Store: opened, Keys: keys, Log: quiet})
	if err != nil {
		return errors.Join(err, opened.Close())
	}
	o := &office{HQ: made, store: opened}
	return errors.Join(do(o), o.Close())
}

// forgetIn carries orders to forget out on a copy of a state directory.
func forgetIn(ctx context.Context, dir string, all []hq.ErasureRow) error {
	return withCopy(ctx, dir, func(o *office) error {
		if err := o.ForgetAgain(ctx, all); err != nil {
			return err
		}
		return o.store.EraseNow(ctx)
	})
}

// make makes a backup, deletes those beyond [backup] keep, and takes out of the others who was forgotten.
func (b *backups) make(ctx context.Context, pace backup.Pace) (backup.Backup, error) {
	b.working.Lock()
	defer b.working.Unlock()
	made, err := b.keeper.Make(ctx, pace)
	if err == nil {
		_, err = b.keeper.Prune(b.cfg.Backup.Keep)
	}
	if err != nil {
		return made, err
	}
	b.log.Info("a backup was made and proved", "backup", made.Name, "bytes", made.Bytes)
	owing, err := b.owing(ctx)
	if err != nil {
		return made, err
	}
	return made, b.forget(ctx, owing, pace)
}

// owing are the backups that may hold somebody who was forgotten since.
func (b *backups) owing(ctx context.Context) (owing []backup.Backup, err error) {
	known, err := store.Known(ctx, b.cfg.State.Dir)
	if err != nil {
		return nil, err
	}
	all, err := backup.List(b.keeper.Dir, kept.Program)
	if err != nil {
		return nil, err
	}
	rotten, unread := backup.Rotten(b.keeper.Dir, kept.Program) // who is in these nobody knows, where anybody was forgotten at all
	b.tell(unread)
	for _, each := range append(rotten, all...) {
		if each.Known != known {
			owing = append(owing, each)
		}
	}
	return owing, nil
}

// tell logs once which backups cannot be read.
func (b *backups) tell(unread error) {
	former := b.unread
	if b.unread = unread != nil; b.unread && !former {
		b.log.Error("a backup cannot be read, and whoever was forgotten may be in it", "error", unread)
	}
}

// forget takes out of backups who was forgotten since. One that cannot be written anew is dropped when it has held her for too
// long.
func (b *backups) forget(ctx context.Context, owing []backup.Backup, pace backup.Pace) error {
	if len(owing) == 0 {
		return nil
	}
	all, err := store.Erasures(ctx, b.cfg.State.Dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, each := range owing {
		fresh, err := b.keeper.Rewrite(ctx, each, func(ctx context.Context, dir string) error { return forgetIn(ctx, dir, all) }, pace)
		switch {
		case err == nil:
			b.log.Info("a backup was written anew, without whom was forgotten since it was made", "backup", fresh.Name)
		case !errors.Is(err, backup.ErrBusy) && ctx.Err() == nil && !b.owes.IsZero() && time.Since(b.owes).Abs() >= b.cfg.Backup.ForgetWithin():
			err = b.drop(ctx, each, err, pace)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("forgetting in the backup %s: %w", each.Name, err))
		}
	}
	return errors.Join(errs...)
}

// drop deletes a backup that could not be written anew. Where all others hold somebody, too, another is made first; where that cannot
// be, the latest that is whole stays: on a disk that fails, the last one is better than none.
func (b *backups) drop(ctx context.Context, each backup.Backup, why error, pace backup.Pace) error {
	owing, err := b.owing(ctx)
	if err != nil {
		return err
	}
	all, err := backup.List(b.keeper.Dir, kept.Program)
	if err != nil {
		return err
	}
	holds := func(b backup.Backup) bool {
		return slices.ContainsFunc(owing, func(each backup.Backup) bool { return each.Name == b.Name })
	}
	if !slices.ContainsFunc(all, func(other backup.Backup) bool { return !holds(other) }) {
		if _, err := b.keeper.Make(ctx, pace); err != nil && !b.keeper.Replaceable(ctx, each, pace) {
			return fmt.Errorf("%w; it is kept, as it may be the last that can be read, and no other can be made: %w", why, err)
		}
	}
	b.log.Error("a backup that holds somebody who was forgotten could not be written anew, and is dropped", "backup", each.Name, "error", why)
	return b.keeper.Drop(each)
}

const (
	backupLook  = time.Minute
	backupAfter = 2 * time.Minute // from the start on
	backupLate  = 48 * time.Hour
)

// run makes backups by the hour of the day, until end.
func (b *backups) run(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	begun := time.Now()
	running.Go(func() {
		ticker := time.NewTicker(backupLook)
		defer ticker.Stop()
		for {
			if err := b.round(ctx, time.Now(), begun); err != nil && ctx.Err() == nil {
				b.log.Error("backups", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
	return func() { cancel(); running.Wait() }
}

// round does what is due now.
func (b *backups) round(ctx context.Context, now, begun time.Time) error {
	gentle := backup.Pace{Gentle: true}
	if err := b.keeper.Clear(); err != nil {
		return err
	}
	owing, err := b.owing(ctx)
	if err != nil {
		return err
	}
	if err := b.count(ctx, now, owing); err != nil {
		return err
	}
	if len(owing) > 0 && now.Sub(b.owes).Abs() >= b.cfg.Backup.ForgetWithin()/2 {
		b.working.Lock()
		err := b.forget(ctx, owing, gentle)
		b.working.Unlock()
		if err != nil && !errors.Is(err, backup.ErrBusy) {
			return err
		}
	}
	all, err := backup.List(b.keeper.Dir, kept.Program)
	if err != nil || now.Sub(begun) < backupAfter {
		return err
	}
	var last time.Time
	if len(all) > 0 {
		last = all[len(all)-1].Made
	}
	if !backup.Due(now, last, b.cfg.Backup.At, time.Local) || !backup.MayTry(now, b.tried, b.failed) {
		return nil
	}
	b.tried = now
	_, err = b.make(ctx, gentle)
	if b.failed = err != nil; err != nil && now.Sub(last) > backupLate {
		return fmt.Errorf("the last good backup is older than two days: %w", err)
	}
	return err
}

// count notes since when backups hold somebody.
func (b *backups) count(ctx context.Context, now time.Time, owing []backup.Backup) error {
	var at []time.Time
	if len(owing) > 0 && b.owes.IsZero() {
		orders, err := store.Erasures(ctx, b.cfg.State.Dir)
		if err != nil {
			return err
		}
		for _, each := range orders {
			at = append(at, time.UnixMicro(each.Taken))
		}
	}
	b.owes = backup.Owes(b.owes, now, owing, at)
	return nil
}
