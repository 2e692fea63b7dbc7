// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var what = What{Program: "shop", Database: "shop.db", Beside: []File{{Name: "keys", Must: true}, {Name: "ticket"}}}

// shop is a state directory with a database of one table.
func shop(t *testing.T, rows ...string) string {
	t.Helper()
	dir := t.TempDir()
	db := open(filepath.Join(dir, "shop.db"), "_journal_mode=WAL")
	_, err := db.Exec(`CREATE TABLE people (name TEXT)`)
	for _, r := range rows {
		_, each := db.Exec(`INSERT INTO people VALUES (?)`, r)
		err = errors.Join(err, each)
	}
	t.Cleanup(func() { _ = db.Close() }) // in use meanwhile
	if err := errors.Join(err, os.WriteFile(filepath.Join(dir, "keys"), []byte("secret"), 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func people(t *testing.T, dir string) (names []string) {
	t.Helper()
	db := OpenBeside(filepath.Join(dir, "shop.db"))
	defer func() { _ = db.Close() }()
	rows, err := db.Query(`SELECT name FROM people ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func sound(ctx context.Context, dir string, pace Pace) (Facts, error) {
	db := OpenStill(filepath.Join(dir, "shop.db"))
	defer func() { _ = db.Close() }()
	counts, err := Sound(ctx, db, pace)
	return Facts{Schema: 1, Counts: counts}, err
}

var roomy = Pace{Spare: 1}

func keeper(t *testing.T, state string) *Keeper {
	now := time.Date(2026, 11, 22, 3, 30, 0, 0, time.UTC)
	return &Keeper{What: what, Dir: filepath.Join(t.TempDir(), "backups"), State: state, Version: "v1", Store: "harbour",
		Now: func() time.Time { now = now.Add(time.Minute); return now },
		Copy: func(ctx context.Context, to string, pace Pace) (map[string]int64, error) {
			return Database(ctx, filepath.Join(state, "shop.db"), to, pace)
		}, Check: sound}
}

func made(t *testing.T, k *Keeper) Backup {
	t.Helper()
	b, err := k.Make(t.Context(), roomy)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func namesOf(t *testing.T, k *Keeper) (out []string) {
	t.Helper()
	all, err := List(k.Dir, "shop")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		out = append(out, b.Name)
	}
	return out
}

func TestABackupIsProvedAndKept(t *testing.T) {
	k := keeper(t, shop(t, "Ada", "Grace"))
	first := made(t, k)
	if first.Counts["people"] != 2 || len(first.Parts) != 2 || first.Store != "harbour" {
		t.Errorf("made %+v", first)
	}
	for _, p := range append([]string{k.Dir, first.Path}, filepath.Join(first.Path, "keys")) {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v, %v", p, info.Mode(), err)
		}
	}
	second, third := made(t, k), made(t, k)
	if n, err := k.Prune(2); err != nil || n != 1 || !slices.Equal(namesOf(t, k), []string{second.Name, third.Name}) {
		t.Errorf("kept %q, deleted %d, %v", namesOf(t, k), n, err)
	}
	k.Now = func() time.Time { return time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC) } // a flat battery
	if back := made(t, k); namesOf(t, k)[2] != back.Name {
		t.Errorf("a backup by a clock that went back is not the last: %q", namesOf(t, k))
	}
}

// TestNothingHalfCounts: whatever dies or fails on the way, no backup has a name, and what is left is cleared by the next.
func TestNothingHalfCounts(t *testing.T) {
	state := shop(t, "Ada")
	fails := map[string]func(*Keeper){
		"the copy": func(k *Keeper) {
			k.Copy = func(context.Context, string, Pace) (map[string]int64, error) { return nil, errors.New("dead") }
		},
		"the check": func(k *Keeper) {
			k.Check = func(context.Context, string, Pace) (Facts, error) { return Facts{}, ErrDamaged }
		},
		"other rows": func(k *Keeper) {
			whole := k.Copy
			k.Copy = func(ctx context.Context, to string, p Pace) (map[string]int64, error) {
				counts, err := whole(ctx, to, p)
				counts["people"]++
				return counts, err
			}
		},
		"no keys": func(k *Keeper) { k.What.Beside = []File{{Name: "absent", Must: true}} },
	}
	for name, fail := range fails {
		k := keeper(t, state)
		fail(k)
		if b, err := k.Make(t.Context(), roomy); err == nil || len(namesOf(t, k)) > 0 {
			t.Errorf("%s: made %q, %v", name, b.Name, err)
		}
	}
	k := keeper(t, state)
	for _, left := range []string{making + "shop-20260101T000000Z", checking + "x", leaving + "y"} {
		if err := os.MkdirAll(filepath.Join(k.Dir, left, "deep"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	made(t, k)
	entries, _ := os.ReadDir(k.Dir)
	if len(entries) != 2 { // and .lock
		t.Errorf("left: %v", entries)
	}
}

func TestAFullDiskIsLookedForFirst(t *testing.T) {
	k := keeper(t, shop(t, "Ada"))
	var full *FullError
	_, err := k.Make(t.Context(), Pace{Free: func(string) (int64, error) { return spare, nil }})
	if !errors.As(err, &full) || len(namesOf(t, k)) > 0 {
		t.Errorf("on a full disk: %v", err)
	}
}

func TestADamagedBackupIsRefused(t *testing.T) {
	for name, harm := range map[string]func(dir string) error{
		"a bit flips":    func(dir string) error { return flip(filepath.Join(dir, "shop.db"), 2000) },
		"a file is gone": func(dir string) error { return os.Remove(filepath.Join(dir, "keys")) },
		"it is cut":      func(dir string) error { return os.Truncate(filepath.Join(dir, "shop.db"), 4096) },
	} {
		state := shop(t, "Ada")
		k := keeper(t, state)
		b := made(t, k)
		if err := harm(b.Path); err != nil {
			t.Fatal(err)
		}
		h, err := Hold(b)
		if err == nil {
			_, err = restorer(state).Run(t.Context(), h)
		}
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: told %v", name, err)
		}
		if got := people(t, state); !slices.Equal(got, []string{"Ada"}) {
			t.Errorf("%s: the state is now %q", name, got)
		}
	}
}

func flip(path string, at int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	b := make([]byte, 1)
	_, err = f.ReadAt(b, at)
	b[0] ^= 4
	_, err2 := f.WriteAt(b, at)
	return errors.Join(err, err2, f.Close())
}

func restorer(state string) Restore {
	return Restore{What: what, State: state, Now: time.Now, Pace: roomy, Check: sound, Prepare: func(context.Context, string) error { return nil }}
}

var errDied = errors.New("the power failed")

// TestAPowerCutLeavesTheOldStateOrTheNew dies at each step of a restore, and goes on as the next start does.
func TestAPowerCutLeavesTheOldStateOrTheNew(t *testing.T) {
	steps := 0
	for die := 1; ; die++ {
		state := shop(t, "Ada")
		b := made(t, keeper(t, shop(t, "Grace", "Hedy")))
		if err := os.WriteFile(filepath.Join(state, "ticket"), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := Hold(b)
		if err != nil {
			t.Fatal(err)
		}
		r, at, counts := restorer(state), 0, false
		r.at = func(step string) error {
			counts = counts || step == "written down"
			if at++; at == die {
				return errDied
			}
			return nil
		}
		_, err = r.Run(t.Context(), h)
		if err := errors.Join(h.Close(), Finish(state)); err != nil {
			t.Fatal(err)
		}
		want := []string{"Ada"}
		if counts {
			want = []string{"Grace", "Hedy"}
		}
		if got := people(t, state); !slices.Equal(got, want) {
			t.Errorf("died at %d: the state holds %q, not %q", die, got, want)
		}
		if left, _ := filepath.Glob(filepath.Join(state, restoring+"*")); len(left) > 0 || Left(state) {
			t.Errorf("died at %d: %q is left, with people in it", die, left)
		}
		former, _ := filepath.Glob(filepath.Join(state, FormerPrefix+"*"))
		if counts {
			if len(former) != 1 || !slices.Equal(people(t, former[0]), []string{"Ada"}) || !exists(filepath.Join(former[0], "ticket")) || exists(filepath.Join(state, "ticket")) {
				t.Errorf("died at %d: the former state is not whole in %q", die, former)
			}
		}
		if err == nil {
			break
		}
		if !errors.Is(err, errDied) {
			t.Fatal(err)
		}
		steps++
	}
	if steps < 6 {
		t.Errorf("it could die at %d steps only", steps)
	}
}

// TestABackupIsWrittenAnew: without whom was taken out, under a name of its own at the same place in the order.
func TestABackupIsWrittenAnew(t *testing.T) {
	k := keeper(t, shop(t, "Ada", "Grace"))
	old, later := made(t, k), made(t, k)
	fresh, err := k.Rewrite(t.Context(), old, func(_ context.Context, dir string) error {
		db := open(filepath.Join(dir, "shop.db"), "_secure_delete=on")
		_, err := db.Exec(`DELETE FROM people WHERE name = 'Ada'; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)`)
		return errors.Join(err, db.Close())
	}, roomy)
	if err != nil {
		t.Fatal(err)
	}
	if got := namesOf(t, k); !slices.Equal(got, []string{fresh.Name, later.Name}) || !strings.HasPrefix(fresh.Name, old.Name) || !fresh.Made.Equal(old.Made) {
		t.Errorf("there are %q, made of %q", got, old.Name)
	}
	if got := fresh.Counts["people"]; got != 1 {
		t.Errorf("it counts %d", got)
	}
	// One that could not be deleted after the new one had its name goes with the next.
	if err := os.CopyFS(filepath.Join(k.Dir, old.Name), os.DirFS(fresh.Path)); err != nil {
		t.Fatal(err)
	}
	made(t, k)
	if slices.Contains(namesOf(t, k), old.Name) {
		t.Errorf("the former one stays: %q", namesOf(t, k))
	}
}
