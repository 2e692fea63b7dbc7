// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"redbench/edge/disk"
)

// Rewrite writes a backup anew without whom carry takes out of it, and gives it in place of the former, which goes once the new
// one was proved. carry finds the state directory as it was when the backup was made, and leaves it closed.
func (k *Keeper) Rewrite(ctx context.Context, former Backup, carry func(ctx context.Context, dir string) error, pace Pace) (Backup, error) {
	release, err := k.hold()
	if err != nil {
		return Backup{}, err
	}
	defer release()
	if err := k.What.fits(former.Manifest); err != nil {
		return Backup{}, fmt.Errorf("opening the backup %s: %w", former.Name, err)
	}
	if err := pace.room(k.Dir, 3*former.Bytes); err != nil { // the database may be written anew in place, and is then restored beside
		return Backup{}, err
	}
	name := revised(former.Name)
	work, scratch := filepath.Join(k.Dir, making+name), filepath.Join(k.Dir, checking+name)
	defer func() { _, _ = os.RemoveAll(work), os.RemoveAll(scratch) }()
	if err := unpack(ctx, in(former.Path), former.Manifest, scratch, pace); err != nil {
		return Backup{}, fmt.Errorf("opening the backup %s: %w", former.Name, err)
	}
	known, err := k.known(ctx)
	if err != nil {
		return Backup{}, fmt.Errorf("forgetting in the backup %s: %w", former.Name, err)
	}
	if err := carry(ctx, scratch); err != nil {
		return Backup{}, fmt.Errorf("forgetting in the backup %s: %w", former.Name, err)
	}
	if err := k.keepParts(scratch, work); err != nil {
		return Backup{}, fmt.Errorf("writing the backup %s anew: %w", former.Name, err)
	}
	m := Manifest{Made: former.Made, Forgot: k.Now().UTC(), Known: known}
	fresh, err := k.prove(ctx, work, name, m, pace)
	if err != nil {
		return Backup{}, err
	}
	return fresh, k.remove(former)
}

// keepParts moves what belongs into a backup to a directory of its own: opening a store leaves other files beside it.
func (k *Keeper) keepParts(from, to string) error {
	if fileSize(filepath.Join(from, k.What.Database+"-wal")) > 0 {
		return errors.New("its journal was not brought home")
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	for _, name := range append([]string{k.What.Database}, besides(k.What)...) {
		path := filepath.Join(from, name)
		if _, err := os.Stat(path); err != nil {
			continue // prove misses what must be there
		}
		if err := errors.Join(syncFile(path), os.Rename(path, filepath.Join(to, name))); err != nil {
			return err
		}
	}
	return errors.Join(os.RemoveAll(from), disk.SyncDir(to))
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func besides(what What) (names []string) {
	for _, f := range what.Beside {
		names = append(names, f.Name)
	}
	return names
}

// revised is the name of a backup that is written anew.
func revised(name string) string {
	n := 0
	if m := names.FindStringSubmatch(name); m != nil && m[3] != "" {
		n, _ = strconv.Atoi(m[3]) // digits, a few
	}
	return baseOf(name) + "-" + strconv.Itoa(n+1)
}

// Replaceable reports whether a backup may go though no other could be made: there is another that is whole, and either that is a
// later one or this one is not whole.
func (k *Keeper) Replaceable(ctx context.Context, b Backup, pace Pace) bool {
	all, _ := List(k.Dir, k.What.Program) // where nobody can tell, it stays
	rotten := !k.whole(ctx, b, pace)
	for _, other := range all {
		if other.Name != b.Name && (rotten || compareNames(other.Name, b.Name) > 0) && k.whole(ctx, other, pace) {
			return true
		}
	}
	return false
}

// whole reports whether all parts of a backup are as they were written.
func (k *Keeper) whole(ctx context.Context, b Backup, pace Pace) bool {
	for _, want := range b.Parts {
		if got, err := sumOf(ctx, filepath.Join(b.Path, want.Name), pace); err != nil || got != want {
			return false
		}
	}
	return k.What.fits(b.Manifest) == nil
}

// Drop deletes a backup.
func (k *Keeper) Drop(b Backup) error {
	release, err := k.hold()
	if err != nil {
		return err
	}
	defer release()
	return k.remove(b)
}
