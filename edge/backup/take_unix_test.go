// SPDX-License-Identifier: Apache-2.0

//go:build unix

package backup

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gofrs/flock"
)

// Root restores from a directory that the service's user may write in: that user must not have root read for it what it may not
// read itself.
func TestAWrittenBackupLeadsNobodyElsewhere(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "shadow")
	if err := os.WriteFile(elsewhere, []byte("secret"), 0o600); err != nil { // as long as the keys, which have that sum too
		t.Fatal(err)
	}
	foreign := func(b Backup) error { return os.Chown(filepath.Join(b.Path, "keys"), 4711, 4711) }
	for name, c := range map[string]struct {
		want  string
		spoil func(Backup) error
	}{
		"a link":      {"no ordinary file", func(b Backup) error { return os.Symlink(elsewhere, filepath.Join(b.Path, "keys")) }},
		"a link near": {"no ordinary file", func(b Backup) error { return os.Symlink("shop.db", filepath.Join(b.Path, "keys")) }},
		"a pipe":      {"no ordinary file", func(b Backup) error { return syscall.Mkfifo(filepath.Join(b.Path, "keys"), 0o600) }},
		"another user's file": {"belongs to another user", func(b Backup) error {
			return errors.Join(os.WriteFile(filepath.Join(b.Path, "keys"), []byte("secret"), 0o600), foreign(b))
		}},
		"another directory": {"changed meanwhile", func(b Backup) error {
			manifest := []byte(`{"format":1,"program":"shop","parts":[{"name":"shop.db"}]}`)
			return errors.Join(os.WriteFile(filepath.Join(b.Path, "keys"), []byte("secret"), 0o600),
				os.WriteFile(filepath.Join(b.Path, manifestFile), manifest, 0o600))
		}},
	} {
		if c.want == "belongs to another user" && os.Geteuid() != 0 {
			t.Logf("%s: needs root", name)
			continue
		}
		b := made(t, keeper(t, shop(t, "Ada")))
		if err := errors.Join(os.Remove(filepath.Join(b.Path, "keys")), c.spoil(b)); err != nil {
			t.Fatal(err)
		}
		held, err := Hold(b)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: told %v", name, err)
		}
		if err == nil {
			_ = held.Close()
		}
	}
}

// Who may write on the stick must not have root make or hold a file elsewhere.
func TestALockThatIsALinkIsNotFollowed(t *testing.T) {
	elsewhere := t.TempDir()
	there, absent := filepath.Join(elsewhere, "there"), filepath.Join(elsewhere, "absent")
	if err := os.WriteFile(there, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{there, absent} {
		stick := t.TempDir()
		left := filepath.Join(stick, making+"shop-20260101T000000Z")
		if err := errors.Join(os.Symlink(to, filepath.Join(stick, lockFile)), os.Mkdir(left, 0o700)); err != nil {
			t.Fatal(err)
		}
		release, err := alone(stick)
		defer release()
		if err != nil || !exists(left) {
			t.Errorf("to %s: %v; what another may work on is there: %v", to, err, exists(left))
		}
	}
	if exists(absent) {
		t.Error("it was made")
	}
	lock := flock.New(there)
	if free, err := lock.TryLock(); err != nil || !free {
		t.Errorf("it is held: %v", err)
	}
	if err := lock.Unlock(); err != nil {
		t.Error(err)
	}
}

func TestAManifestThatIsALinkIsNotRead(t *testing.T) {
	b := made(t, keeper(t, shop(t, "Ada")))
	manifest := filepath.Join(b.Path, manifestFile)
	aside := filepath.Join(t.TempDir(), "manifest")
	if err := errors.Join(os.Rename(manifest, aside), os.Symlink(aside, manifest)); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(b.Path); err == nil {
		t.Error("it was read")
	}
}

func TestARestoreTakesOnlyWhatBelongsThere(t *testing.T) {
	b := made(t, keeper(t, shop(t, "Ada")))
	held, err := Hold(b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	state := t.TempDir()
	r := restorer(state)
	r.What = What{Program: "shop", Database: "shop.db"}
	if _, err := r.Run(t.Context(), held); !errors.Is(err, ErrDamaged) {
		t.Errorf("told %v", err)
	}
}
