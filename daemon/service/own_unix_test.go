// SPDX-License-Identifier: Apache-2.0

//go:build unix

package service

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var nobody = heir{name: "redbench", uid: 54321, gid: 54321}

// rooted is a directory that only root may write in, with all that leads to it.
func rooted(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: who else may give files away")
	}
	return t.TempDir()
}

func lay(t *testing.T, path string, uid int) string {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte("x"), 0o600)
	}
	if err == nil {
		err = os.Chown(path, uid, uid)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func ownerOf(t *testing.T, path string) int {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return int(stat(info).Uid)
}

func TestTheServiceInheritsWhatRootLeft(t *testing.T) {
	dir := filepath.Join(rooted(t), "made", "state")
	if err := inherit(dir, nobody); err != nil || ownerOf(t, dir) != nobody.uid || ownerOf(t, filepath.Dir(dir)) != 0 {
		t.Fatalf("a new directory: %v", err)
	}
	dir = filepath.Join(rooted(t), "ran")
	inside := []string{lay(t, filepath.Join(dir, "store.db"), 0), lay(t, filepath.Join(dir, "backups", "redbench-1", "store.db"), 0)}
	if err := inherit(dir, nobody); err != nil {
		t.Fatal(err)
	}
	late := lay(t, filepath.Join(dir, "late"), 0) // by root, after it was given
	if err := inherit(dir, nobody); err != nil {
		t.Fatal(err)
	}
	for _, path := range append(inside, late, dir, filepath.Dir(inside[1])) {
		if ownerOf(t, path) != nobody.uid {
			t.Errorf("%s still belongs to %d", path, ownerOf(t, path))
		}
	}
}

// The service's user owns the directory: whatever it puts there, root gives away nothing that lies elsewhere.
func TestNothingElsewhereIsGivenAway(t *testing.T) {
	away := filepath.Dir(lay(t, filepath.Join(rooted(t), "etc", "shadow"), 0))
	dir := filepath.Join(rooted(t), "state")
	lay(t, filepath.Join(dir, "store.db"), nobody.uid)
	if err := inherit(dir, nobody); err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func(string) error{
		"a link to a directory": func(p string) error { return os.Symlink(away, p) },
		"a link to a file":      func(p string) error { return os.Symlink(filepath.Join(away, "shadow"), p) },
		"another name":          func(p string) error { return os.Link(filepath.Join(away, "shadow"), p) },
	} {
		if err := make(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	// The walk has seen directories; by now they are links.
	for _, seen := range []string{"a link to a directory/shadow", "a link to a file"} {
		if err := nobody.one(root, seen); err == nil && seen != "a link to a file" {
			t.Errorf("%s was reached", seen)
		}
	}
	if err := inherit(dir, nobody); err != nil {
		t.Error(err)
	}
	if ownerOf(t, away) != 0 || ownerOf(t, filepath.Join(away, "shadow")) != 0 {
		t.Error("root gave away what lies elsewhere")
	}
}

func TestADirectoryOfSomethingElseIsNotTaken(t *testing.T) {
	cases := map[string]struct {
		want string
		lay  func(dir string) string
	}{
		"other things": {"it holds other things", func(dir string) string { return filepath.Dir(lay(t, filepath.Join(dir, "accounts"), 0)) }},
		"a link in place of the record": {"it holds other things", func(dir string) string {
			if err := os.Symlink("/etc/passwd", filepath.Join(dir, "store.db")); err != nil {
				t.Fatal(err)
			}
			return dir
		}},
		"another user's": {"belongs to another user", func(dir string) string {
			return chowned(t, dir, 777)
		}},
		"everybody's": {"others may write in it", func(dir string) string {
			if err := os.Chmod(dir, 0o777); err != nil {
				t.Fatal(err)
			}
			return dir
		}},
		"below the service's own": {"others may write in", func(dir string) string {
			chowned(t, dir, nobody.uid)
			return filepath.Join(dir, "state")
		}},
		"by a link of the service's own": {"others may write in", func(dir string) string {
			link := filepath.Join(dir, "own", "link")
			if err := os.Mkdir(filepath.Dir(link), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(t.TempDir(), link); err != nil {
				t.Fatal(err)
			}
			chowned(t, filepath.Dir(link), nobody.uid)
			return filepath.Join(link, "redbench-state")
		}},
	}
	for name, c := range cases {
		dir := c.lay(rooted(t))
		before := -1
		if info, err := os.Lstat(dir); err == nil {
			before = int(stat(info).Uid)
		}
		err := inherit(dir, nobody)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: told %v", name, err)
		}
		if before >= 0 && ownerOf(t, dir) != before {
			t.Errorf("%s: it was given away", name)
		}
	}
	disk := rooted(t)
	lay(t, filepath.Join(disk, "lost+found", "x"), 0)
	if err := inherit(disk, nobody); err != nil || ownerOf(t, disk) != nobody.uid {
		t.Errorf("an empty disk: %v", err)
	}
}

func chowned(t *testing.T, dir string, uid int) string {
	t.Helper()
	if err := os.Chown(dir, uid, uid); err != nil {
		t.Fatal(err)
	}
	return dir
}
