// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redbench/edge"
	"redbench/sync/hq"
	"redbench/sync/hq/store"
	"redbench/sync/wire"
)

// backup copies head office's files.
func (o *office) backup() (dir string) {
	o.t.Helper()
	must(o.t, o.db.Erase(o.t.Context())) // brings the journal home
	dir = o.t.TempDir()
	for _, name := range []string{store.File, "keys.json"} {
		data, err := os.ReadFile(filepath.Join(o.dir, name))
		must(o.t, err)
		must(o.t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	return dir
}

// begins reports whether a cursor is refused, so that its owner begins anew.
func (o *office) begins(store, cursor string) bool {
	o.t.Helper()
	_, err := o.Changes(o.t.Context(), store, cursor, 0)
	if err != nil && !errors.Is(err, hq.ErrCursor) {
		o.t.Fatal(err)
	}
	return err != nil
}

// TestAnOlderCopyIsNoticed: a cursor from the history that was lost is known, also when the copy has long given out that
// position anew, and then every store begins anew.
func TestAnOlderCopyIsNoticed(t *testing.T) {
	for name, more := range map[string]int{"at once": 0, "late": 30} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			b := o.enrolled("harbour", "station")
			b[0].changes()
			b[1].changes()
			untouched := b[1].cursor
			dir := o.backup()
			lost := b[0].customer("Maya", card(1))
			b[0].tell(told(lost)...)
			b[0].changes()

			again := openOffice(t, dir, o.clock)
			b[1].o = again
			for i := range more {
				b[1].tell(told(b[1].customer("Ben", card(100+i)))...)
			}
			if again.begins("station", untouched) {
				t.Error("a cursor from before the backup is refused, though nobody knows yet of what was lost")
			}
			if !again.begins("harbour", b[0].cursor) {
				t.Fatal("a cursor of the lost history is taken")
			}
			if !again.begins("station", untouched) {
				t.Error("head office knows that it was put back, and another store does not begin anew")
			}
			b[1].cursor = ""
			b[1].changes()
			if again.begins("harbour", b[0].cursor); again.begins("station", b[1].cursor) {
				t.Error("noticed twice")
			}
		})
	}
}

func TestTheFeedsReaderShowsAnOlderCopy(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	b.changes()
	dir := o.backup()
	b.tell(told(b.customer("Maya", card(1)))...)
	_, next, err := o.Feed(t.Context(), "", 10)
	must(t, err)
	again := openOffice(t, dir, o.clock)
	other := &box{o: again, store: "harbour", id: newID(), stamps: b.stamps}
	for i := range 5 {
		other.tell(told(other.customer("Ben", card(100+i)))...)
	}
	if _, _, err := again.Feed(t.Context(), next, 10); !errors.Is(err, hq.ErrCursor) {
		t.Errorf("the feed goes on from a lost history: %v", err)
	}
	if !again.begins("harbour", b.cursor) {
		t.Error("no new beginning")
	}
}

// TestNobodyMakesACursorUp: what head office did not sign for this store proves nothing.
func TestNobodyMakesACursorUp(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	b[0].changes()
	b[1].changes()
	parts := strings.Split(b[0].cursor, ".")
	parts[3] = "4000000000"
	for name, cursor := range map[string]string{"changed": strings.Join(parts, "."), "another store's": b[1].cursor} {
		if !o.begins("harbour", cursor) {
			t.Errorf("%s: taken", name)
		}
		if o.begins("station", b[1].cursor) || o.begins("harbour", b[0].cursor) {
			t.Fatalf("%s: everybody begins anew", name)
		}
	}
}

// TestProcessesBesideEachOtherAreOneHistory: each verb of the command line is a process of its own.
func TestProcessesBesideEachOtherAreOneHistory(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	b.changes()
	var cursors []string
	for i := range 4 {
		beside := openOffice(t, o.dir, o.clock)
		for _, each := range []*office{beside, o, beside} {
			if _, err := each.Forget(t.Context(), card(i)); err != nil {
				t.Fatal(err)
			}
			b.changes()
			cursors = append(cursors, b.cursor)
		}
	}
	for i, c := range cursors {
		if o.begins("harbour", c) {
			t.Errorf("cursor %d: %s is refused", i, c)
		}
	}
}

// TestCredentialsAheadOfTheDatabaseHold: they were given out after the backup that was put back.
func TestCredentialsAheadOfTheDatabaseHold(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	b[0].changes()
	dir := o.backup()
	rotated, err := o.Rotate(t.Context(), "harbour")
	must(t, err)
	must(t, o.Authenticate(t.Context(), "harbour", rotated))
	code, err := o.AddStore(t.Context(), "hill", nil)
	must(t, err)
	enrolled, err := o.Enrol(t.Context(), wire.EnrolRequest{Code: code, Store: "hill"})
	must(t, err)

	again := openOffice(t, dir, o.clock)
	if _, err := again.Forget(t.Context(), card(1)); err != nil {
		t.Fatal(err)
	}
	must(t, again.Authenticate(t.Context(), "harbour", rotated))
	if err := again.Authenticate(t.Context(), "harbour", rotated-1); !errors.Is(err, hq.ErrRevoked) {
		t.Errorf("the former ones: %v", err)
	}
	if !again.begins("harbour", b[0].cursor) {
		t.Error("credentials ahead of the database prove that it was put back")
	}
	b[0].o, b[0].cursor = again, ""
	b[0].changes()
	must(t, again.Authenticate(t.Context(), "hill", enrolled.Serial))
	if again.begins("harbour", b[0].cursor) {
		t.Error("everybody begins anew for each store that comes back")
	}
	stores, err := again.Stores(t.Context())
	must(t, err)
	if len(stores) != 3 || stores[1].ID != "hill" || stores[1].Enrolled.IsZero() || stores[1].OwedErasures != 1 {
		t.Errorf("a store that enrolled since: %+v", stores)
	}
	next, err := again.Rotate(t.Context(), "harbour")
	must(t, err)
	if next <= rotated {
		t.Errorf("serial %d is given out again", next)
	}
	must(t, again.RevokeStore(t.Context(), "hill"))
	if err := again.Authenticate(t.Context(), "hill", enrolled.Serial+5); !errors.Is(err, hq.ErrRevoked) {
		t.Errorf("revoked: %v", err)
	}
}

func TestTheMarkerBesideTheDatabase(t *testing.T) {
	o := newOffice(t)
	opened := func(o *office, m *hq.Marker, want bool) {
		t.Helper()
		anew, err := o.Opened(t.Context(), m)
		must(t, err)
		if anew != want {
			t.Errorf("began anew: %v, want %v", anew, want)
		}
	}
	opened(o, nil, false) // nothing was ever given out
	b := o.enrolled("harbour")[0]
	b.tell(told(b.customer("Maya", card(1)))...)
	b.changes()
	before, err := o.Marker(t.Context())
	must(t, err)
	dir := o.backup()
	b.tell(told(b.customer("Ben", card(2)))...)
	after, err := o.Marker(t.Context())
	must(t, err)
	opened(o, &before, false)
	opened(o, &after, false)

	again := openOffice(t, dir, o.clock)
	opened(again, &before, false) // the whole directory was put back
	opened(again, &after, true)   // the database alone
	if !again.begins("harbour", b.cursor) {
		t.Error("a former cursor is taken")
	}
	opened(openOffice(t, dir, o.clock), nil, true)
	opened(again, &hq.Marker{Life: 1, Token: "x", Pos: 1}, true)
}

// TestAReceiptIsOwedOnce: a box that enrols again here keeps its cursor, and is not told again of what it has confirmed.
func TestAReceiptIsOwedOnce(t *testing.T) {
	o := newOffice(t)
	o.enrolled("harbour")
	for i := range 2 {
		done, err := o.Forget(t.Context(), card(i))
		must(t, err)
		if i == 0 {
			must(t, o.Orders(t.Context(), "harbour", []edge.Order{{Receipt: &edge.Receipt{Erasure: done.Erasure, At: noon}}}))
		}
	}
	o.enrolled("harbour")
	owing, err := o.Owing(t.Context())
	must(t, err)
	if len(owing) != 1 {
		t.Errorf("it owes %+v", owing)
	}
}
