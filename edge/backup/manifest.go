// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// What is what a program keeps, and so what is backed up.
type What struct {
	Program  string // its name, with which the names of its backups begin
	Database string // file in the state directory
	Beside   []File // further files there
}

// File is one file of a state directory.
type File struct {
	Name string
	Must bool // without it the database is of no use
}

// fits reports what a manifest lacks or names too much. Without it a part that the manifest forgot would be made anew, empty.
func (w What) fits(m Manifest) error {
	there := partNames(m)
	for _, f := range append([]File{{Name: w.Database, Must: true}}, w.Beside...) {
		if f.Must && !slices.Contains(there, f.Name) {
			return fmt.Errorf("%w: its %s does not name %s", ErrDamaged, manifestFile, f.Name)
		}
	}
	for _, name := range there {
		if name != w.Database && !slices.Contains(besides(w), name) {
			return fmt.Errorf("%w: it holds %s, which is nothing that belongs there", ErrDamaged, name)
		}
	}
	return nil
}

// Part is one file of a backup.
type Part struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Manifest says what a backup holds. It is written once all of that was proved.
type Manifest struct {
	Format  int              `json:"format"` // 1
	Program string           `json:"program"`
	Version string           `json:"version"`           // of the program that made it
	Schema  int              `json:"schema"`            // of the database
	Store   string           `json:"store,omitempty"`   // whose box it was
	Box     string           `json:"box,omitempty"`     // the id of its outbox
	Made    time.Time        `json:"made"`              // by the clock of the machine
	Forgot  time.Time        `json:"forgot,omitzero"`   // when somebody was last taken out of it
	Counts  map[string]int64 `json:"counts,omitempty"`  // rows of each table
	Known   int64            `json:"erasures,omitzero"` // as Keeper.Known told before it was made
	Parts   []Part           `json:"parts"`
}

const (
	manifestFile = "manifest.json"
	format       = 1
)

// Backup is one that is complete.
type Backup struct {
	Name  string `json:"name"`
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
	Manifest
}

// nameTime is how a backup's name tells when it was made, and sorts.
const nameTime = "20060102T150405Z"

var names = regexp.MustCompile(`^([a-z-]+)-(\d{8}T\d{6}Z)(?:-(\d{1,6}))?$`)

// baseOf is a backup's name without the number that it got when somebody was taken out of it.
func baseOf(name string) string {
	if m := names.FindStringSubmatch(name); m != nil {
		return m[1] + "-" + m[2]
	}
	return name
}

// timeOf is the time that a name tells.
func timeOf(name string) time.Time {
	m := names.FindStringSubmatch(name)
	if m == nil {
		return time.Time{}
	}
	t, _ := time.Parse(nameTime, m[2]) // the zero time is before all others
	return t
}

// List gives the complete backups of a program in a directory, the oldest first. One that cannot be read is left out.
func List(dir, program string) ([]Backup, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing backups: %w", err)
	}
	var all []Backup
	for _, e := range entries {
		m := names.FindStringSubmatch(e.Name())
		if m == nil || m[1] != program || !e.IsDir() {
			continue
		}
		if b, err := Read(filepath.Join(dir, e.Name())); err == nil {
			all = append(all, b)
		}
	}
	slices.SortFunc(all, func(a, b Backup) int { return compareNames(a.Name, b.Name) })
	return all, nil
}

// Rotten gives what has the name of a program's backup and a manifest that is damaged, or none: nobody restores it, and people are
// in it. Of such a one there is only its name and its path. unread says which others cannot be read now.
func Rotten(dir, program string) (all []Backup, unread error) {
	entries, _ := os.ReadDir(dir) // List tells
	for _, e := range entries {
		m := names.FindStringSubmatch(e.Name())
		if m == nil || m[1] != program || !e.IsDir() {
			continue
		}
		b := Backup{Name: e.Name(), Path: filepath.Join(dir, e.Name())}
		switch _, err := Read(b.Path); {
		case err == nil || errors.Is(err, fs.ErrNotExist): // it may be gone meanwhile
			continue
		case !errors.Is(err, ErrDamaged):
			unread = errors.Join(unread, err)
			continue
		}
		all = append(all, b)
	}
	return all, unread
}

// compareNames puts a backup behind the one that it was made of.
func compareNames(a, b string) int {
	if c := strings.Compare(baseOf(a), baseOf(b)); c != 0 {
		return c
	}
	if c := len(a) - len(b); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// Read reads the manifest of a backup, given by its directory or by a file in it. It does not look at what it holds.
func Read(path string) (Backup, error) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		path = filepath.Dir(path)
	}
	root, err := os.OpenRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Backup{}, fmt.Errorf("%s is no backup: it is not there", path)
	}
	if err != nil {
		return Backup{}, fmt.Errorf("reading the backup: %w", err)
	}
	defer func() { _ = root.Close() }()
	file, err := root.OpenFile(manifestFile, os.O_RDONLY|atOnce, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return Backup{}, noManifest{path}
	}
	if err != nil {
		return Backup{}, fmt.Errorf("reading the backup: %w", err)
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, mostManifest+1))
	if err != nil {
		return Backup{}, fmt.Errorf("reading the backup: %w", err)
	}
	b := Backup{Name: filepath.Base(path), Path: path}
	if b.Manifest, err = parseManifest(path, data); err != nil {
		return b, err
	}
	for _, p := range b.Parts {
		b.Bytes += p.Bytes
	}
	return b, nil
}

// noManifest says that a directory is no backup, or none any more.
type noManifest struct{ path string }

func (e noManifest) Error() string {
	return fmt.Sprintf("%s is no backup: it has no %s", e.path, manifestFile)
}

// Is lets a backup whose manifest is gone count as damaged.
func (noManifest) Is(target error) bool { return target == ErrDamaged }

// mostManifest is how long a manifest may be.
const mostManifest = 1 << 20

func parseManifest(path string, data []byte) (m Manifest, err error) {
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("reading the backup %s: its %s cannot be read: %w; take an older one", path, manifestFile, ErrDamaged)
	}
	if m.Format < format || len(m.Parts) == 0 {
		return m, fmt.Errorf("reading the backup %s: its %s lacks what each has: %w; take an older one", path, manifestFile, ErrDamaged)
	}
	if m.Format != format {
		return m, fmt.Errorf("the backup %s has format %d, and this program knows %d: it was made by a newer one", path, m.Format, format)
	}
	for _, p := range m.Parts {
		if p.Name != filepath.Base(p.Name) || strings.HasPrefix(p.Name, ".") {
			return m, fmt.Errorf("reading the backup %s: its %s names a file elsewhere", path, manifestFile)
		}
	}
	return m, nil
}

// Find gives the backup that a person names: by its path, its name in the directory, or as latest.
func Find(dir, program, name string) (Backup, error) {
	if name != "latest" {
		if !strings.ContainsRune(name, filepath.Separator) {
			if b, err := Read(filepath.Join(dir, name)); err == nil {
				return b, nil
			}
		}
		return Read(name)
	}
	all, err := List(dir, program)
	if err != nil {
		return Backup{}, err
	}
	if len(all) == 0 {
		return Backup{}, fmt.Errorf("there is no backup in %s", dir)
	}
	return all[len(all)-1], nil
}

// next is the name of a backup that is made now: behind all that are there, whatever the clock says.
func next(dir string, what What, now time.Time) (string, error) {
	all, err := List(dir, what.Program)
	if err != nil {
		return "", err
	}
	if len(all) > 0 {
		if last := timeOf(all[len(all)-1].Name); !now.After(last.Add(time.Second)) {
			now = last.Add(time.Second)
		}
	}
	return what.Program + "-" + now.UTC().Format(nameTime), nil
}
