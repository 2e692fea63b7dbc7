// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"redbench/edge/disk"
)

// Facts are what opening a copy tells of it.
type Facts struct {
	Schema int
	Box    string
	Counts map[string]int64
}

// Keeper makes a program's backups in one directory, and keeps them.
type Keeper struct {
	What    What
	Dir     string // of the backups; made when missing
	State   string // the state directory
	Version string // of the program
	Store   string // whose it is; empty: nobody asks
	Now     func() time.Time

	// Copy copies the database to a file while it is in use (see Database).
	Copy func(ctx context.Context, to string, pace Pace) (counts map[string]int64, err error)
	// Known measures all erasures that the record knows, where a program tells by it which backups lack one; nil: it does not.
	Known func(ctx context.Context) (int64, error)
	// Check opens a copy of a state directory with its keys, and looks through it.
	Check func(ctx context.Context, dir string, pace Pace) (Facts, error)
}

// ErrBusy says that another process works on the backups.
var ErrBusy = errors.New("another backup is being made")

// The names that what is under way has: no backup's.
const (
	making   = ".making-"
	checking = ".checking-"
	leaving  = ".leaving-"
	lockFile = ".lock"
)

// hold keeps others from the directory, and clears what a crash left in it.
func (k *Keeper) hold() (release func(), err error) {
	if err := os.MkdirAll(k.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of the backups: %w", err)
	}
	lock := flock.New(filepath.Join(k.Dir, lockFile), flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("holding the directory of the backups: %w", err)
	}
	if !got {
		return nil, ErrBusy
	}
	if err := k.tidy(); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return func() { _ = lock.Unlock() }, nil
}

// Clear takes away what was under way when a process died, where there is any: people are in it, and whoever is forgotten from now
// on is not looked for there.
func (k *Keeper) Clear() error {
	entries, _ := os.ReadDir(k.Dir) // List tells
	if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return isHalf(e.Name()) }) {
		return nil
	}
	release, err := k.hold()
	if errors.Is(err, ErrBusy) { // it is being made just now
		return nil
	}
	if err == nil {
		release()
	}
	return err
}

func isHalf(name string) bool {
	return strings.HasPrefix(name, making) || strings.HasPrefix(name, checking) || strings.HasPrefix(name, leaving)
}

// tidy takes away what was under way when a process died, and a backup that was already written anew without somebody.
func (k *Keeper) tidy() error {
	entries, err := os.ReadDir(k.Dir)
	if err != nil {
		return fmt.Errorf("looking through the backups: %w", err)
	}
	for _, e := range entries {
		if !isHalf(e.Name()) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(k.Dir, e.Name())); err != nil {
			return fmt.Errorf("clearing what was left of a backup: %w", err)
		}
	}
	all, err := List(k.Dir, k.What.Program)
	if err != nil {
		return err
	}
	for i := 1; i < len(all); i++ {
		if baseOf(all[i].Name) == baseOf(all[i-1].Name) {
			if err := k.remove(all[i-1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove deletes a backup: it is none any more before the first byte of it goes.
func (k *Keeper) remove(b Backup) error {
	aside := filepath.Join(k.Dir, leaving+b.Name)
	if err := os.Rename(b.Path, aside); err != nil {
		return fmt.Errorf("deleting the backup %s: %w", b.Name, err)
	}
	if err := errors.Join(disk.SyncDir(k.Dir), os.RemoveAll(aside)); err != nil {
		return fmt.Errorf("deleting the backup %s: %w", b.Name, err)
	}
	return nil
}

// Make makes a backup and proves it: it is restored beside, opened with its keys and looked through. Only then it has its name.
func (k *Keeper) Make(ctx context.Context, pace Pace) (Backup, error) {
	release, err := k.hold()
	if err != nil {
		return Backup{}, err
	}
	defer release()
	size := fileSize(filepath.Join(k.State, k.What.Database)) + fileSize(filepath.Join(k.State, k.What.Database+"-wal"))
	if err := pace.room(k.Dir, 2*size); err != nil {
		return Backup{}, err
	}
	name, err := next(k.Dir, k.What, k.Now())
	if err != nil {
		return Backup{}, err
	}
	work := filepath.Join(k.Dir, making+name)
	defer func() { _ = os.RemoveAll(work) }()
	if err := os.Mkdir(work, 0o700); err != nil {
		return Backup{}, fmt.Errorf("making a backup: %w", err)
	}
	known, err := k.known(ctx)
	if err != nil {
		return Backup{}, fmt.Errorf("making a backup: %w", err)
	}
	counts, err := k.Copy(ctx, filepath.Join(work, k.What.Database), pace)
	if err != nil {
		return Backup{}, fmt.Errorf("making a backup: %w", err)
	}
	// The keys come after the database: none of it was sealed with a later one.
	if err := k.takeBeside(ctx, work, pace); err != nil {
		return Backup{}, fmt.Errorf("making a backup: %w", err)
	}
	return k.prove(ctx, work, name, Manifest{Made: k.Now().UTC(), Counts: counts, Known: known}, pace)
}

func (k *Keeper) known(ctx context.Context) (int64, error) {
	if k.Known == nil {
		return 0, nil
	}
	return k.Known(ctx)
}

// takeBeside copies the files beside the database.
func (k *Keeper) takeBeside(ctx context.Context, work string, pace Pace) error {
	for _, f := range k.What.Beside {
		_, err := copyFile(ctx, filepath.Join(k.State, f.Name), filepath.Join(work, f.Name), pace)
		if err != nil && (f.Must || !errors.Is(err, fs.ErrNotExist)) {
			return fmt.Errorf("copying %s: %w", f.Name, err)
		}
	}
	return nil
}

// prove restores what was made beside it, opens and looks through that, writes the manifest and gives it its name.
func (k *Keeper) prove(ctx context.Context, work, name string, m Manifest, pace Pace) (b Backup, err error) {
	m.Format, m.Program, m.Version, m.Store = format, k.What.Program, k.Version, k.Store
	for _, f := range append([]File{{Name: k.What.Database, Must: true}}, k.What.Beside...) {
		part, err := sumOf(ctx, filepath.Join(work, f.Name), pace)
		if errors.Is(err, fs.ErrNotExist) && !f.Must {
			continue
		}
		if err != nil {
			return b, fmt.Errorf("reading what was copied: %w", err)
		}
		m.Parts = append(m.Parts, part)
	}
	facts, err := k.restored(ctx, in(work), m, filepath.Join(k.Dir, checking+name), pace)
	if err != nil {
		return b, fmt.Errorf("checking the backup, which was restored for that: %w", err)
	}
	if m.Counts != nil && !maps.Equal(m.Counts, facts.Counts) {
		return b, fmt.Errorf("checking the backup, which was restored for that: %w: it holds other rows than were counted", ErrDamaged)
	}
	m.Schema, m.Box, m.Counts = facts.Schema, facts.Box, facts.Counts
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return b, err
	}
	if err := disk.Replace(work, manifestFile, append(data, '\n')); err != nil {
		return b, fmt.Errorf("writing the backup's %s: %w", manifestFile, err)
	}
	path := filepath.Join(k.Dir, name)
	if err := errors.Join(os.Rename(work, path), disk.SyncDir(k.Dir)); err != nil {
		return b, fmt.Errorf("giving the backup its name: %w", err)
	}
	return Read(path)
}

// restored unpacks a backup into a directory of its own, which is gone afterwards, and opens it there.
func (k *Keeper) restored(ctx context.Context, open opener, m Manifest, dir string, pace Pace) (Facts, error) {
	defer func() { _ = os.RemoveAll(dir) }()
	if err := unpack(ctx, open, m, dir, pace); err != nil {
		return Facts{}, err
	}
	return k.Check(ctx, dir, pace)
}

// Prune deletes the oldest backups beyond so many, and gives how many those were. The latest always stays.
func (k *Keeper) Prune(keep int) (deleted int, err error) {
	release, err := k.hold()
	if err != nil {
		return 0, err
	}
	defer release()
	all, err := List(k.Dir, k.What.Program)
	for ; err == nil && len(all) > max(keep, 1); all = all[1:] {
		if err = k.remove(all[0]); err == nil {
			deleted++
		}
	}
	return deleted, err
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
