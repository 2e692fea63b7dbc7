// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"redbench/edge/disk"
)

// A restore makes the whole new state beside the former one first. Then it writes down what is to change places, in a file of
// the state directory; from that moment on the new state counts: a power cut leaves the rest to whoever opens the directory
// next (see Finish). Before it, the former state is as it was.

const (
	swapFile  = "restore.json"
	restoring = ".restoring-"
	// FormerPrefix begins the names of directories that hold a state which was replaced.
	FormerPrefix = "former-"
)

// swap is what changes places.
type swap struct {
	New    string   `json:"new"`    // directory in the state directory
	Former string   `json:"former"` // likewise
	In     []string `json:"in"`     // files that come from New
	Out    []string `json:"out"`    // files that go to Former where they are there
}

// Restore puts a backup in the place of a state directory that nobody has open.
type Restore struct {
	What  What
	State string
	Now   func() time.Time
	Pace  Pace
	// Check is as a Keeper's. It is asked before anything is changed.
	Check func(ctx context.Context, dir string, pace Pace) (Facts, error)
	// Prepare makes the new state ready: whoever was forgotten since is forgotten in it.
	Prepare func(ctx context.Context, dir string) error

	at func(step string) error // tests die here
}

func (r Restore) reached(step string) error {
	if r.at == nil {
		return nil
	}
	return r.at(step)
}

// Run restores, and gives the directory that holds the former state; empty: there was none.
func (r Restore) Run(ctx context.Context, h *Held) (former string, err error) {
	if err := r.What.fits(h.Manifest); err != nil {
		return "", fmt.Errorf("opening the backup %s: %w", h.Path, err)
	}
	if err := clearRestoring(r.State); err != nil {
		return "", err
	}
	if err := r.Pace.room(r.State, 3*h.Bytes); err != nil {
		return "", err
	}
	s := r.plan(h.Manifest)
	work := filepath.Join(r.State, s.New)
	if err := r.ready(ctx, h, work); err != nil {
		return "", errors.Join(err, os.RemoveAll(work))
	}
	if err := r.reached("ready"); err != nil {
		return "", err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	if err := disk.Replace(r.State, swapFile, data); err != nil {
		return "", errors.Join(fmt.Errorf("beginning to restore: %w", err), os.RemoveAll(work))
	}
	if err := r.reached("written down"); err != nil {
		return "", err
	}
	if former, err = s.finish(r.State, r.reached); err != nil {
		err = fmt.Errorf("%w; the restored state counts all the same, and the next start puts the rest in its place", err)
	}
	return former, err
}

// plan says what changes places: the database with its journal, and the files beside it.
func (r Restore) plan(m Manifest) swap {
	stamp := r.Now().UTC().Format(nameTime)
	s := swap{New: restoring + stamp, Former: FormerPrefix + stamp}
	for n := 2; ; n++ {
		if _, err := os.Lstat(filepath.Join(r.State, s.Former)); err != nil {
			break
		}
		s.Former = fmt.Sprintf("%s%s-%d", FormerPrefix, stamp, n)
	}
	for _, p := range m.Parts {
		s.In = append(s.In, p.Name)
	}
	s.Out = append(s.Out, r.What.Database+"-wal", r.What.Database+"-shm", r.What.Database)
	s.Out = append(s.Out, besides(r.What)...)
	return s
}

// ready unpacks the backup beside the former state, proves it, and makes it ready.
func (r Restore) ready(ctx context.Context, h *Held, work string) error {
	if err := unpack(ctx, h.open, h.Manifest, work, r.Pace); err != nil {
		return fmt.Errorf("unpacking the backup %s: %w", h.Path, err)
	}
	if _, err := r.Check(ctx, work, r.Pace); err != nil {
		return fmt.Errorf("checking the backup %s: %w", h.Path, err)
	}
	if err := r.Prepare(ctx, work); err != nil {
		return err
	}
	if fileSize(filepath.Join(work, r.What.Database+"-wal")) > 0 {
		return errors.New("making the restored state ready: its journal was not brought home")
	}
	for _, name := range append([]string{r.What.Database}, besides(r.What)...) {
		if err := syncFile(filepath.Join(work, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("making the restored state ready: %w", err)
		}
	}
	return disk.SyncDir(work)
}

// Unfinished reports whether a restore was broken off after it counted.
func Unfinished(state string) bool {
	_, err := os.Stat(filepath.Join(state, swapFile))
	return err == nil
}

// Left reports whether a restore was broken off, and left something to be done or cleared (see Finish).
func Left(state string) bool {
	made, _ := madeReady(state) // what cannot be read is told by whoever opens the database next
	return Unfinished(state) || len(made) > 0
}

// Finish ends a restore that a power cut broke off, and clears what it had made ready where it did not count yet: people are in
// it. Nobody else may have the state directory open.
func Finish(state string) error {
	data, err := os.ReadFile(filepath.Join(state, swapFile))
	if errors.Is(err, fs.ErrNotExist) {
		return clearRestoring(state)
	}
	if err != nil {
		return fmt.Errorf("finishing a restore: %w", err)
	}
	var s swap
	if err := json.Unmarshal(data, &s); err != nil || s.New != upgraded && !strings.HasPrefix(s.New, restoring) || !strings.HasPrefix(s.Former, FormerPrefix) {
		return fmt.Errorf("finishing a restore: %s is damaged; restore again", filepath.Join(state, swapFile))
	}
	if _, err = s.finish(state, func(string) error { return nil }); err != nil {
		return err
	}
	return clearRestoring(state)
}

// clearRestoring takes away what restores that were broken off had made ready.
func clearRestoring(state string) error {
	made, err := madeReady(state)
	if err != nil {
		return fmt.Errorf("looking through the state directory: %w", err)
	}
	for _, name := range made {
		if err := os.RemoveAll(filepath.Join(state, name)); err != nil {
			return fmt.Errorf("clearing what a restore left: %w", err)
		}
	}
	return nil
}

// madeReady are the directories that restores work in.
func madeReady(state string) (names []string, err error) {
	entries, err := os.ReadDir(state)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), restoring) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// finish moves what was not moved yet, the former files first.
func (s swap) finish(state string, reached func(string) error) (former string, err error) {
	path := func(name ...string) string { return filepath.Join(append([]string{state}, name...)...) }
	if err := os.Mkdir(path(s.Former), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("keeping the former state: %w", err)
	}
	for _, name := range s.Out {
		if s.isIn(name) && !exists(path(s.New, name)) {
			continue // the new one is in its place
		}
		if !exists(path(name)) {
			continue
		}
		if err := errors.Join(os.Rename(path(name), path(s.Former, name)), reached("out "+name)); err != nil {
			return "", fmt.Errorf("keeping the former %s: %w", name, err)
		}
	}
	for _, name := range s.In {
		if !exists(path(s.New, name)) {
			continue
		}
		if err := errors.Join(os.Rename(path(s.New, name), path(name)), reached("in "+name)); err != nil {
			return "", fmt.Errorf("putting %s in its place: %w", name, err)
		}
	}
	err = errors.Join(disk.SyncDir(path(s.Former)), disk.SyncDir(state), reached("moved"))
	if err == nil {
		err = errors.Join(os.Remove(path(swapFile)), os.RemoveAll(path(s.New)), disk.SyncDir(state))
	}
	if err != nil {
		return "", fmt.Errorf("ending the restore: %w", err)
	}
	if os.Remove(path(s.Former)) == nil { // nothing was there before
		return "", nil
	}
	return path(s.Former), nil
}

func (s swap) isIn(name string) bool {
	for _, in := range s.In {
		if in == name {
			return true
		}
	}
	return false
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
