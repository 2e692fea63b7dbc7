// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// grantFile is the drop-in by which the unit, ours or the package's, may write where backups lie. What purges the package takes
// the whole directory of drop-ins away.
const grantFile = "/etc/systemd/system/" + Name + ".service.d/" + Name + "-backups.conf"

// Grant writes the drop-in, or takes it away where backups lie in the state directory.
func (osHost) Grant(o Options, dry bool) (Granted, error) { return grant(o, dry, grantFile) }

func grant(o Options, dry bool, file string) (g Granted, err error) {
	g.File = file
	if elsewhere(o) {
		g.Dir = filepath.Clean(o.BackupDir)
		if err := grantable(g.Dir, o.StateDir); err != nil {
			return g, fmt.Errorf("[backup] dir: %w", err)
		}
	}
	want := dropIn(g.Dir)
	is, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return g, fmt.Errorf("reading what the service may write: %w", err)
	}
	g.Changed = string(is) != want || err != nil && want != ""
	if dry {
		return g, nil
	}
	if g.Changed {
		if err := settle(file, want); err != nil {
			return g, fmt.Errorf("saying what the service may write: %w", err)
		}
	}
	if g.Dir != "" {
		given, err := hand(g.Dir)
		if err != nil {
			g.But = err.Error()
		}
		g.Changed = g.Changed || given // to the service, which saw none or could not write it, only a start shows it
	}
	return g, nil
}

// elsewhere reports whether backups lie outside the state directory, by name: where a link in there leads is the service's own
// doing, and gains it no right.
func elsewhere(o Options) bool { return o.BackupDir != "" && !below(o.BackupDir, o.StateDir) }

func below(path, dir string) bool {
	to, err := filepath.Rel(dir, path)
	return err == nil && to != ".." && !strings.HasPrefix(to, "../")
}

// grantable refuses what the unit hides from the service, what would undo its hardening, and what cannot be said in a unit.
func grantable(dir, state string) error {
	switch {
	case !filepath.IsAbs(dir):
		return fmt.Errorf("the service needs an absolute path; %q is none", dir)
	case !utf8.ValidString(dir) || strings.ContainsFunc(dir, unicode.IsControl):
		return fmt.Errorf("%q holds a character that cannot stand in the service's unit: name a plain one", dir)
	case below(state, dir):
		return fmt.Errorf("%s holds the state directory and more: name a directory that is for backups alone", dir)
	}
	for _, top := range []string{"/home", "/root", "/run/user", "/tmp", "/var/tmp", "/dev", "/proc", "/sys"} {
		if below(dir, top) {
			return fmt.Errorf("the service cannot see %s, as it has no access to %s: name a directory elsewhere, as in /mnt/backups", dir, top)
		}
	}
	if slices.ContainsFunc([]string{"/etc", "/usr", "/boot", "/bin", "/sbin", "/lib"}, func(top string) bool { return below(dir, top) }) {
		return fmt.Errorf("%s is the system's, which the service must not write: name a directory elsewhere, as in /mnt/backups", dir)
	}
	return nil
}

// dropIn is the text for a directory; without one there is none. The dash keeps a disk that is not there from keeping the whole
// service from its start: only the backup fails then, and says so.
func dropIn(dir string) string {
	if dir == "" {
		return ""
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%").Replace(dir)
	return "# By `redbench install`, for [backup] dir: it is changed, and taken away, with that key.\n[Service]\nReadWritePaths=\"-" + quoted + "\"\n"
}

// settle puts a drop-in into its place whole, or takes it away, and has systemd read it.
func settle(file, text string) error {
	dir := filepath.Dir(file)
	if text == "" {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		_ = os.Remove(dir) // where nothing else is in it
		return reload()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	fresh, err := os.CreateTemp(dir, ".backups-*")
	if err != nil {
		return err
	}
	_, err = fresh.WriteString(text)
	err = errors.Join(err, fresh.Chmod(0o644), fresh.Sync(), fresh.Close())
	if err == nil {
		err = os.Rename(fresh.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(fresh.Name()))
	}
	return reload()
}

func reload() error {
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		return nil // nobody has read the former one
	}
	if out, err := exec.Command("systemctl", "daemon-reload").CombinedOutput(); err != nil {
		return fmt.Errorf("systemctl daemon-reload: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// hand gives the directory to the service's user: a new one, or an empty one of root's, as a fresh disk is. A directory above
// that is not there is most often a disk that is not mounted, and none is made in its place.
func hand(dir string) (changed bool, err error) {
	uid, gid, err := ids(unitUser)
	if err != nil {
		return false, err
	}
	return heir{unitUser, uid, gid}.adopt(dir)
}
