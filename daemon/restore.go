// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"redbench/daemon/owner"
	"redbench/edge"
	"redbench/edge/backup"
	"redbench/edge/seal"
	"redbench/edge/store"
	"redbench/sync/link"
)

// finishRestore ends a restore that a power cut broke off, or clears what it left. It does nothing where there was none.
func finishRestore(dir string) error {
	if !backup.Left(dir) {
		return nil
	}
	release, err := store.Hold(dir)
	if err != nil {
		return err
	}
	return errors.Join(backup.Finish(dir), release())
}

// Restored tells what came of a restore.
type Restored struct {
	Backup    string    `json:"backup"`
	Made      time.Time `json:"made"`
	Store     string    `json:"store"`
	Former    string    `json:"former,omitempty"`  // where the replaced state is; empty: there was none
	Erasures  int       `json:"erasures"`          // that the replaced state knew, and were carried out on the restored one
	Forgotten int       `json:"forgotten"`         // whom they meant there
	Unknown   string    `json:"unknown,omitempty"` // why it is not known who was forgotten since; empty: it is
	AsksFirst bool      `json:"asks_first"`        // nobody is named until head office was asked
	Enrolled  bool      `json:"enrolled"`
	Enroll    bool      `json:"enroll_again"` // the replaced state was enrolled, and head office does not know the restored one's keys
	Box       string    `json:"box"`          // the new id of its outbox
}

// Restore puts a backup in the place of a stopped box's state. Whoever the former state knew as forgotten is forgotten in the
// restored one before it counts. force takes a backup of another store.
func Restore(ctx context.Context, o Options, b backup.Backup, force bool, progress func(backup.Progress)) (r Restored, err error) {
	c := o.Config
	if b.Program != kept.Program {
		return r, fmt.Errorf("%s is a backup of %s, not of a box", b.Path, b.Program)
	}
	if b.Store != c.Store.ID && !force {
		return r, edge.Refuse("store", "the backup is of store %q, and [store] id is %q; --force-store takes it all the same", b.Store, c.Store.ID)
	}
	held, err := backup.Hold(b) // before root becomes the owner of the state directory, who may not read it
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	if err := os.MkdirAll(c.State.Dir, 0o700); err != nil {
		return r, fmt.Errorf("making the state directory ([state] dir): %w", err)
	}
	if err := owner.Become(c.State.Dir); err != nil {
		return r, err
	}
	if err := os.Setenv("SQLITE_TMPDIR", c.State.Dir); err != nil {
		return r, err
	}
	release, err := store.Hold(c.State.Dir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := backup.Finish(c.State.Dir); err != nil {
		return r, err
	}
	r = Restored{Backup: b.Name, Made: b.Made, Store: c.Store.ID}
	work := backup.Restore{What: kept, State: c.State.Dir, Now: time.Now, Pace: backup.Pace{Progress: progress}, Check: store.Inspect,
		Prepare: func(ctx context.Context, dir string) error { return r.prepare(ctx, dir, c.State.Dir, c.Store.ID) }}
	r.Former, err = work.Run(ctx, held)
	return r, err
}

// prepare makes a restored state ready to be the box's: it knows who was forgotten since, and is another box to head office.
func (r *Restored) prepare(ctx context.Context, dir, state, storeID string) error {
	all, err := r.knownErasures(ctx, dir, state)
	if err != nil {
		return err
	}
	kin, err := keepCredentials(dir, state, storeID)
	if err != nil {
		return err
	}
	if r.Enroll = kin == stranger && enrolledAs(state, storeID); kin == stranger {
		all = nil // they are told in hashes that nobody here can make
	}
	s, _, err := openCopy(ctx, dir, storeID)
	if err != nil {
		return fmt.Errorf("opening the restored state: %w", err)
	}
	return errors.Join(r.ready(ctx, s, dir, all), s.Close())
}

func (r *Restored) ready(ctx context.Context, s *store.Store, dir string, all []store.CarriedOut) (err error) {
	if r.Forgotten, err = s.ForgetAgain(ctx, all); err != nil {
		return err
	}
	r.Erasures = len(all)
	_, err = link.Load(dir)
	if r.Enrolled = !errors.Is(err, link.ErrNotEnrolled); r.Enrolled {
		if err := s.StartOutbox(ctx); err != nil { // a backup from before the box was enrolled
			return err
		}
	}
	r.AsksFirst = r.Enrolled && r.Unknown != ""
	if r.Unknown != "" { // also where there is no head office so far: one that it joins later may know
		if err := s.Unseen(ctx); err != nil {
			return err
		}
	}
	place, err := s.NewBox(ctx)
	r.Box = place.Box
	return err
}

// knownErasures are those that the replaced state has carried out. Where it cannot be read, or is not what became of the box that
// the backup was made of, it is not known who was forgotten: what it has carried out is then better than nothing.
func (r *Restored) knownErasures(ctx context.Context, dir, state string) (all []store.CarriedOut, err error) {
	if _, err := os.Stat(filepath.Join(state, store.File)); errors.Is(err, fs.ErrNotExist) {
		r.Unknown = "this machine had no record before"
		return nil, nil
	}
	if _, err := os.Stat(filepath.Join(state, seal.KeyFile)); err != nil {
		r.Unknown = "the former record has no " + seal.KeyFile
		return nil, nil
	}
	keys, err := seal.Open(state)
	if err == nil {
		r.Unknown, err = store.Unrelated(ctx, state, dir)
	}
	if err == nil {
		all, err = store.Erasures(ctx, state, keys)
	}
	if err != nil {
		r.Unknown = err.Error()
		return nil, ctx.Err()
	}
	return all, nil
}
