// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"redbench/daemon"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/backup"
	"redbench/sync/link"
)

var restoredAda, restoredGrace = edge.Identifier{Kind: edge.KindCard, Value: "29120001"}, edge.Identifier{Kind: edge.KindCard, Value: "29120002"}

// restored puts a backup back on a stopped box.
func restored(t *testing.T, c *config.Config, b backup.Backup) daemon.Restored {
	t.Helper()
	done, err := daemon.Restore(t.Context(), daemon.Options{Config: c}, b, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// halt stops a box.
func (r *rig) halt() {
	r.t.Helper()
	if err := r.stop(); err != nil {
		r.t.Fatal(err)
	}
}

// aside makes a backup and copies it to where no box rewrites it.
func (r *rig) aside() backup.Backup {
	r.t.Helper()
	made, err := r.box.Backup(r.t.Context(), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	to := filepath.Join(r.t.TempDir(), made.Name)
	if err := os.CopyFS(to, os.DirFS(made.Path)); err != nil {
		r.t.Fatal(err)
	}
	made, err = backup.Read(to)
	if err != nil {
		r.t.Fatal(err)
	}
	return made
}

func (r *rig) knows(id edge.Identifier) bool {
	r.t.Helper()
	_, err := r.box.Customer(r.t.Context(), id)
	if err != nil && !errors.Is(err, edge.ErrNotFound) {
		r.t.Fatal(err)
	}
	return err == nil
}

// TestAFreshRecordIsNoPredecessor: a package that was installed anew has begun a record, which knows of nobody who was forgotten.
func TestAFreshRecordIsNoPredecessor(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.imports("customers", backedUp)
	old := r.aside()
	r.halt()

	dir := t.TempDir()
	fresh := start(t, dir, nil)
	fresh.halt()
	done := restored(t, fresh.config, old)
	if done.Unknown == "" || done.AsksFirst || done.Enroll || done.Former == "" {
		t.Errorf("over a record that was begun anew: %+v", done)
	}
	// It stays unknown when the same is put back over what was put back; not of what is made from here on.
	if again := restored(t, fresh.config, old); again.Unknown == "" {
		t.Errorf("put back twice: %+v", again)
	}
	on := start(t, dir, nil)
	later := on.aside()
	if _, err := on.box.Forget(t.Context(), restoredAda); err != nil {
		t.Fatal(err)
	}
	on.halt()
	if done := restored(t, fresh.config, later); done.Unknown != "" || done.Forgotten != 1 {
		t.Errorf("a backup of the restored box: %+v", done)
	}
	if done := restored(t, fresh.config, old); done.Unknown == "" || done.Forgotten != 1 {
		t.Errorf("the first backup again: %+v", done)
	}
}

// TestACopyFromBeforeIsNoPredecessor: the disk's image from last month knows less than the backup.
func TestACopyFromBeforeIsNoPredecessor(t *testing.T) {
	dir, image := t.TempDir(), t.TempDir()
	r := start(t, dir, nil)
	r.imports("customers", backedUp)
	r.halt()
	for _, name := range []string{"store.db", "keys.json"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(image, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r = start(t, dir, nil)
	if _, err := r.box.Forget(t.Context(), restoredAda); err != nil {
		t.Fatal(err)
	}
	made := r.aside()
	r.halt()
	c := config.Default()
	c.State.Dir = image
	if done := restored(t, c, made); done.Unknown == "" {
		t.Errorf("over an image from before: %+v", done)
	}
}

// gateway stands before a head office, which can be out of reach.
type gateway struct {
	url  string
	shut atomic.Bool
	seen atomic.Int64
}

func (o *office) gateway() *gateway {
	to, err := url.Parse(o.url)
	if err != nil {
		o.t.Fatal(err)
	}
	g, on := &gateway{}, httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.shut.Load() {
			panic(http.ErrAbortHandler)
		}
		g.seen.Add(1)
		on.ServeHTTP(w, r)
	}))
	o.t.Cleanup(server.Close)
	g.url = server.URL
	return g
}

func harbour(c *config.Config) { c.Store.ID, c.HQ.Insecure, c.HQ.LookupMS = "harbour", true, 10_000 }

func (r *rig) locked() bool {
	s, err := r.box.Status(r.t.Context())
	return err == nil && s.HQ != nil && s.HQ.Locked
}

// replaced gives head office, a store's backup, and a fresh box in its place; Ada was forgotten after the backup.
func replaced(t *testing.T, code bool) (*office, *gateway, *rig, backup.Backup) {
	head := startOffice(t)
	g := head.gateway()
	head.url = g.url
	r := head.enrolls("harbour", nil)
	r.imports("customers", backedUp)
	r.sent()
	old := r.aside()
	if _, err := r.box.Forget(t.Context(), restoredAda); err != nil {
		t.Fatal(err)
	}
	r.sent()
	r.halt()
	fresh := start(t, t.TempDir(), harbour)
	if code {
		head.enroll(fresh)
	}
	fresh.halt()
	return head, g, fresh, old
}

// asked waits until the box may name people again, and holds her against what it was told.
func (r *rig) asked(t *testing.T, head *office) {
	t.Helper()
	until(t, "head office to be asked", func() bool { return !r.locked() })
	until(t, "her to be forgotten", func() bool { return !r.knows(restoredAda) })
	if !r.knows(restoredGrace) {
		t.Error("the other is not known")
	}
	r.sent()
	if n := len(head.feed("customer")); n != 1 {
		t.Errorf("head office knows %d customers", n)
	}
}

// TestAReplacedBoxThatEnrolledFirst: install, store add, enroll, restore.
func TestAReplacedBoxThatEnrolledFirst(t *testing.T) {
	head, g, fresh, old := replaced(t, true)
	g.shut.Store(true)
	done := restored(t, fresh.config, old)
	if done.Unknown == "" || !done.AsksFirst || !done.Enrolled || done.Enroll {
		t.Fatalf("restored %+v", done)
	}
	now, err := link.Load(fresh.config.State.Dir)
	before, err2 := link.Load(done.Former)
	if err != nil || err2 != nil || now.Token != before.Token {
		t.Errorf("the credentials are not those of the enrolment: %v, %v", err, err2)
	}
	on := start(t, fresh.config.State.Dir, harbour)
	until(t, "the box to lock", on.locked)
	if _, err := on.box.Customer(t.Context(), restoredAda); err == nil {
		t.Error("she is named before head office was asked")
	}
	on.halt()
	g.shut.Store(false)
	start(t, fresh.config.State.Dir, harbour).asked(t, head)
}

// TestAReplacedBoxThatEnrollsAfter: install, restore, store add, enroll. The token in the backup was revoked meanwhile.
func TestAReplacedBoxThatEnrollsAfter(t *testing.T) {
	head, _, fresh, old := replaced(t, false)
	if err := head.RevokeStore(t.Context(), "harbour"); err != nil {
		t.Fatal(err)
	}
	if done := restored(t, fresh.config, old); done.Unknown == "" || !done.AsksFirst {
		t.Fatalf("restored %+v", done)
	}
	on := start(t, fresh.config.State.Dir, harbour)
	until(t, "the box to lock", on.locked)
	code, err := head.AddStore(t.Context(), "harbour", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := on.box.Enroll(t.Context(), control.EnrollRequest{URL: head.url, Code: code, Again: true}); err != nil {
		t.Fatal(err)
	}
	on.asked(t, head)
}

// TestABoxThatWorkedAloneInAChainsPlace: head office does not know the keys of its backup, and the box is to enrol with them.
func TestABoxThatWorkedAloneInAChainsPlace(t *testing.T) {
	r := start(t, t.TempDir(), harbour)
	r.imports("customers", backedUp)
	old := r.aside()
	r.halt()
	head := startOffice(t)
	fresh := head.enrolls("harbour", nil)
	fresh.halt()
	done := restored(t, fresh.config, old)
	if done.Unknown == "" || !done.Enroll || done.Enrolled || done.AsksFirst {
		t.Fatalf("restored %+v", done)
	}
	on := start(t, fresh.config.State.Dir, harbour)
	head.enroll(on)
	on.sent()
	if n := len(head.feed("customer")); n != 2 {
		t.Errorf("head office was told of %d customers", n)
	}
}

// TestAVerbEndsARestoreThatDied: between two moves of a restore there is no record in the state directory.
func TestAVerbEndsARestoreThatDied(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, nil)
	r.imports("customers", backedUp)
	c := r.config
	r.halt()
	state := c.State.Dir
	made := filepath.Join(state, ".restoring-20260101T000000Z")
	err := errors.Join(os.Mkdir(made, 0o700),
		os.Rename(filepath.Join(state, "store.db"), filepath.Join(made, "store.db")),
		os.WriteFile(filepath.Join(state, "restore.json"),
			[]byte(`{"new":".restoring-20260101T000000Z","former":"former-20260101T000000Z","in":["store.db"],"out":["store.db"]}`), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	box, closer, err := daemon.Open(t.Context(), daemon.Options{Config: c})
	if err != nil {
		t.Fatal(err)
	}
	_, err = box.Customer(t.Context(), restoredAda)
	if err := errors.Join(err, closer.Close()); err != nil {
		t.Error(err)
	}
}
