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
)

// put restores a backup over a state that holds Bo, and gives who is in it then.
func put(t *testing.T, path string) (who []string, err error) {
	t.Helper()
	state := shop(t, "Bo")
	b, err := Read(path)
	if err == nil {
		var h *Held
		if h, err = Hold(b); err == nil {
			_, err = restorer(state).Run(t.Context(), h)
			err = errors.Join(err, h.Close())
		}
	}
	if left := Left(state); left {
		t.Errorf("something is left of it")
	}
	return people(t, state), err
}

// TestARottenManifestBringsNothingElse: whichever byte of it rots, what is put back is what was backed up, or nothing.
func TestARottenManifestBringsNothingElse(t *testing.T) {
	b := made(t, keeper(t, shop(t, "Ada")))
	path := filepath.Join(b.Path, manifestFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for n := 0; n < len(whole); n += 7 {
		if err := flip(path, int64(n)); err != nil {
			t.Fatal(err)
		}
		who, err := put(t, b.Path)
		switch {
		case err == nil && !slices.Equal(who, []string{"Ada"}), err != nil && !slices.Equal(who, []string{"Bo"}):
			t.Errorf("byte %d: there is %q, %v", n, who, err)
		case err != nil:
			refused++
			if !errors.Is(err, ErrDamaged) && !strings.Contains(err.Error(), "names a file elsewhere") && !strings.Contains(err.Error(), "a newer one") {
				t.Errorf("byte %d: told %v", n, err)
			}
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if refused < len(whole)/14 {
		t.Errorf("of %d bytes %d were missed", len(whole)/7, refused)
	}
}

// TestAManifestThatForgotAPartIsRefused: the part would be made anew, empty, and nobody be in the backup who was.
func TestAManifestThatForgotAPartIsRefused(t *testing.T) {
	for name, manifest := range map[string]string{
		"every part":   `{"format":1,"program":"shop"}`,
		"the keys":     `{"format":1,"program":"shop","parts":[{"name":"shop.db"}]}`,
		"the database": `{"format":1,"program":"shop","parts":[{"name":"keys","bytes":6,"sha256":"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"}]}`,
		"its format":   `{"program":"shop","parts":[{"name":"shop.db"}]}`,
		"all of it":    ``,
	} {
		k := keeper(t, shop(t, "Ada"))
		b := made(t, k)
		if err := os.WriteFile(filepath.Join(b.Path, manifestFile), []byte(manifest), 0o600); err != nil {
			t.Fatal(err)
		}
		if who, err := put(t, b.Path); !errors.Is(err, ErrDamaged) || !slices.Equal(who, []string{"Bo"}) {
			t.Errorf("%s: there is %q, %v", name, who, err)
		}
		carried := false
		b, _ = Read(b.Path)
		b.Name = filepath.Base(b.Path)
		_, err := k.Rewrite(t.Context(), b, func(context.Context, string) error { carried = true; return nil }, roomy)
		if !errors.Is(err, ErrDamaged) || carried {
			t.Errorf("%s: written anew, %v", name, err)
		}
	}
}

// TestTheRottenAreFound: nobody lists or restores them, and people are in them.
func TestTheRottenAreFound(t *testing.T) {
	k := keeper(t, shop(t, "Ada"))
	gone, torn, newer, sound := made(t, k), made(t, k), made(t, k), made(t, k)
	if err := errors.Join(os.Remove(filepath.Join(gone.Path, manifestFile)), os.Truncate(filepath.Join(torn.Path, manifestFile), 100),
		os.WriteFile(filepath.Join(newer.Path, manifestFile), []byte(`{"format":2,"parts":[{"name":"other.db"}]}`), 0o600),
		os.Mkdir(filepath.Join(k.Dir, "notes"), 0o700)); err != nil {
		t.Fatal(err)
	}
	if got := namesOf(t, k); !slices.Equal(got, []string{sound.Name}) {
		t.Errorf("listed: %q", got)
	}
	all, unread := Rotten(k.Dir, "shop")
	if len(all) != 2 || all[0].Name != gone.Name || all[1].Name != torn.Name {
		t.Errorf("rotten: %+v", all)
	}
	if unread == nil || !strings.Contains(unread.Error(), newer.Name) || !strings.Contains(unread.Error(), "a newer one") {
		t.Errorf("told of the others: %v", unread)
	}
	if err := k.Drop(all[0]); err != nil || exists(gone.Path) {
		t.Errorf("it is there: %v, %v", exists(gone.Path), err)
	}
}

// TestTheProofSeesRot that comes between the copy and its proof, and leaves nothing.
func TestTheProofSeesRot(t *testing.T) {
	for name, rot := range map[string]func(k *Keeper){
		"in the database": func(k *Keeper) {
			whole := k.Copy
			k.Copy = func(ctx context.Context, to string, p Pace) (map[string]int64, error) {
				counts, err := whole(ctx, to, p)
				return counts, errors.Join(err, flip(to, 4096+3)) // the page's count of cells
			}
		},
		"in what is restored": func(k *Keeper) {
			k.Check = func(ctx context.Context, dir string, p Pace) (Facts, error) {
				if err := os.Truncate(filepath.Join(dir, "shop.db"), 4096); err != nil {
					return Facts{}, err
				}
				return sound(ctx, dir, p)
			}
		},
	} {
		k := keeper(t, shop(t, "Ada", "Grace"))
		old := made(t, k)
		rot(k)
		if _, err := k.Make(t.Context(), roomy); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "checking the backup") {
			t.Errorf("%s: told %v", name, err)
		}
		if got := inDir(t, k.Dir); !slices.Equal(got, []string{lockFile, old.Name}) {
			t.Errorf("%s: there is %q", name, got)
		}
	}
}

func inDir(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestWhatDiedIsCleared at the next look, and on a stick at the next copy; not while somebody works there.
func TestWhatDiedIsCleared(t *testing.T) {
	k := keeper(t, shop(t, "Ada"))
	if err := k.Clear(); err != nil || exists(k.Dir) {
		t.Errorf("where nothing was: %v", err)
	}
	b := made(t, k)
	stick := t.TempDir()
	left := filepath.Join(k.Dir, making+"shop-20260101T000000Z")
	if err := errors.Join(os.Mkdir(left, 0o700), os.Mkdir(filepath.Join(stick, making+"shop-20260101T000000Z"), 0o700)); err != nil {
		t.Fatal(err)
	}
	release, err := alone(k.Dir)
	if err != nil || exists(left) {
		t.Fatalf("it is left: %v", err)
	}
	if err := errors.Join(os.Mkdir(left, 0o700), k.Clear()); err != nil || !exists(left) {
		t.Errorf("what another works on is gone, %v", err)
	}
	release()
	if err := k.Clear(); err != nil || exists(left) {
		t.Errorf("it is left: %v", err)
	}
	h, err := Hold(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.CopyTo(t.Context(), stick); err != nil {
		t.Error(err)
	}
	if got := inDir(t, stick); !slices.Equal(got, []string{lockFile, b.Name}) {
		t.Errorf("on the stick is %q", got)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// TestABracketInANameIsNoPattern: what is cleared is the directory's own, whatever its name means elsewhere.
func TestABracketInANameIsNoPattern(t *testing.T) {
	top := t.TempDir()
	own, another := filepath.Join(top, "stick[1]", making+"shop-20260101T000000Z"), filepath.Join(top, "stick1", making+"shop-20260101T000000Z")
	kept := filepath.Join(filepath.Dir(own), "shop-20260101T000000Z")
	for _, dir := range []string{own, another, kept} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	release, err := alone(filepath.Dir(own))
	defer release()
	if err != nil || exists(own) || !exists(kept) || !exists(another) {
		t.Errorf("%v; there is %q, and elsewhere %q", err, inDir(t, filepath.Dir(own)), inDir(t, filepath.Dir(another)))
	}
}

// TestAnothersNameIsNotTakenForIt: by a clock that was set back, what lies on the stick may have the name of what was made now.
func TestAnothersNameIsNotTakenForIt(t *testing.T) {
	stick := t.TempDir()
	copyTo := func(b Backup) (Backup, error) {
		h, err := Hold(b)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = h.Close() }()
		return h.CopyTo(t.Context(), stick)
	}
	first, other := made(t, keeper(t, shop(t, "Ada"))), made(t, keeper(t, shop(t, "Grace")))
	if first.Name != other.Name {
		t.Fatal("they have other names")
	}
	for range 2 {
		if _, err := copyTo(first); err != nil {
			t.Error(err)
		}
	}
	if _, err := copyTo(other); err == nil || !strings.Contains(err.Error(), "another backup of that name") {
		t.Errorf("told %v", err)
	}
	if who, err := put(t, filepath.Join(stick, first.Name)); err != nil || !slices.Equal(who, []string{"Ada"}) {
		t.Errorf("on the stick is %q, %v", who, err)
	}
}
