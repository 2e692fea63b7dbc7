// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/playbook"
	"redbench/sync/hq"
	"redbench/sync/wire"
)

func TestACodeIsGoodOnce(t *testing.T) {
	o := newOffice(t)
	code, err := o.AddStore(t.Context(), "harbour", nil)
	must(t, err)
	enrol := func(code, store string) error {
		_, err := o.Enrol(t.Context(), wire.EnrolRequest{Code: code, Store: store})
		return err
	}
	if err := enrol(code, "station"); !errors.Is(err, hq.ErrCode) {
		t.Errorf("another store: %v", err)
	}
	if err := enrol("0000-0000", "harbour"); !errors.Is(err, hq.ErrCode) {
		t.Errorf("mistyped: %v", err)
	}
	must(t, enrol(strings.ToLower(code), "harbour"))
	if err := enrol(code, "harbour"); !errors.Is(err, hq.ErrCode) {
		t.Errorf("used: %v", err)
	}
	former, err := o.AddStore(t.Context(), "harbour", nil)
	must(t, err)
	late, err := o.AddStore(t.Context(), "harbour", nil)
	must(t, err)
	if err := enrol(former, "harbour"); !errors.Is(err, hq.ErrCode) {
		t.Errorf("replaced by a newer one: %v", err)
	}
	o.clock.forward(hq.CodeLife)
	if err := enrol(late, "harbour"); !errors.Is(err, hq.ErrCode) {
		t.Errorf("too old: %v", err)
	}
	if _, err := o.AddStore(t.Context(), "no such/name", nil); err == nil {
		t.Error("a store's name with a slash")
	}
}

func TestCredentialsAreReplacedAndRevoked(t *testing.T) {
	o := newOffice(t)
	code, err := o.AddStore(t.Context(), "harbour", nil)
	must(t, err)
	made, err := o.Enrol(t.Context(), wire.EnrolRequest{Code: code, Store: "harbour"})
	must(t, err)
	holds := func(serial uint64, want bool) {
		t.Helper()
		err := o.Authenticate(t.Context(), "harbour", serial)
		if want != (err == nil) || err != nil && !errors.Is(err, hq.ErrRevoked) {
			t.Errorf("serial %d: %v", serial, err)
		}
	}
	holds(made.Serial, true)
	holds(0, false)
	lost, err := o.Rotate(t.Context(), "harbour")
	must(t, err)
	next, err := o.Rotate(t.Context(), "harbour")
	must(t, err)
	holds(made.Serial, true)
	holds(lost, false)
	holds(next, true)
	holds(made.Serial, false)
	holds(next, true)
	must(t, o.RevokeStore(t.Context(), "harbour"))
	holds(next, false)
	if _, err := o.Rotate(t.Context(), "harbour"); !errors.Is(err, hq.ErrRevoked) {
		t.Errorf("rotating when revoked: %v", err)
	}
	if err := o.RevokeStore(t.Context(), "nowhere"); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("an unknown store: %v", err)
	}
	a, err := o.Secret(t.Context(), "tokens")
	must(t, err)
	b, err := o.Secret(t.Context(), "tokens")
	if err != nil || string(a) != string(b) || len(a) != 32 {
		t.Errorf("the secret changes: %v", err)
	}
}

func TestTheFleet(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")[0]
	b.tell(told(nil, nil)...)
	status := wire.BoxStatus{Version: "1.2", Box: b.id, Backlog: edge.Backlog{Records: 7, Oldest: noon.Add(-time.Hour)}, LastPainted: noon.Add(-time.Minute),
		Locked: true, Clock: noon.Add(90 * time.Second)}
	answer, err := o.Status(t.Context(), "harbour", status)
	must(t, err)
	if !answer.Now.Equal(noon) || answer.Upto == nil || *answer.Upto != 2 {
		t.Errorf("answer %+v", answer)
	}
	stores, err := o.Stores(t.Context())
	must(t, err)
	s := stores[0]
	if len(stores) != 2 || s.ID != "harbour" || !s.Seen.Equal(noon) || s.ClockOff != 90*time.Second || s.Status == nil || s.Status.Backlog.Records != 7 || !s.Status.Locked {
		t.Errorf("%+v", s)
	}
	if stores[1].Status != nil || !stores[1].Seen.IsZero() {
		t.Errorf("one that was never heard of: %+v", stores[1])
	}
}

func given(t *testing.T, b *box) (out *edge.Published) {
	t.Helper()
	for _, c := range b.changes() {
		if c.Playbook != nil {
			out = c.Playbook
		}
	}
	return out
}

func TestAPlaybookGoesToTheFirstStoresAndBackWhenRefused(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station", "airport")
	file := func(n string) []byte { return []byte(playbook.DefaultFile() + "\n# " + n + "\n") }
	if _, err := o.PublishPlaybook(t.Context(), []byte("version = 9"), nil); err == nil {
		t.Error("a broken playbook is published")
	}
	if _, err := o.PublishPlaybook(t.Context(), file("1"), []string{"nowhere"}); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("to an unknown store: %v", err)
	}
	if _, err := o.PlaybookForEveryone(t.Context()); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("none yet: %v", err)
	}
	one, err := o.PublishPlaybook(t.Context(), file("1"), nil)
	must(t, err)
	for _, each := range b {
		if p := given(t, each); p == nil || p.Version != one.Version || string(p.Body) != string(file("1")) || len(p.Signature) == 0 {
			t.Fatalf("%s has %+v", each.store, p)
		}
	}
	two, err := o.PublishPlaybook(t.Context(), file("2"), []string{"harbour", "airport"})
	must(t, err)
	if p := given(t, b[0]); p == nil || p.Version != two.Version {
		t.Errorf("a first store has %+v", p)
	}
	if p := given(t, b[1]); p != nil {
		t.Errorf("another store is given %d", p.Version)
	}
	refused := wire.BoxStatus{Box: b[0].id, PlaybookRefused: &wire.Refusal{Version: two.Version, Why: "it knows no such place"}}
	for range 2 {
		_, err = o.Status(t.Context(), "harbour", refused)
		must(t, err)
	}
	for _, each := range []*box{b[0], b[2]} {
		if p := given(t, each); p == nil || p.Version <= two.Version || string(p.Body) != string(file("1")) {
			t.Errorf("%s goes back to %+v", each.store, p)
		}
	}
	if p := given(t, b[1]); p != nil {
		t.Errorf("a store that never had it is given %d", p.Version)
	}
	view, err := o.PlaybookStatus(t.Context())
	must(t, err)
	if len(view.Versions) != 3 || view.Versions[0].Return != two.Version || !strings.Contains(view.Versions[1].Withdrawn, "no such place") || view.Stores[2].Refused == nil && view.Stores[1].Refused == nil {
		t.Errorf("%+v", view)
	}
	three, err := o.PublishPlaybook(t.Context(), file("3"), []string{"harbour"})
	must(t, err)
	if v, err := o.PlaybookForEveryone(t.Context()); err != nil || v != three.Version {
		t.Errorf("everyone: %d, %v", v, err)
	}
	for _, each := range b {
		if p := given(t, each); p == nil || p.Version != three.Version {
			t.Errorf("%s has %+v", each.store, p)
		}
	}
	// A store that enrols later is given what is in use, and a playbook that nobody had before it is the built-in one.
	late := o.enrolled("late")[0]
	if p := given(t, late); p == nil || p.Version != three.Version {
		t.Errorf("a new store has %+v", p)
	}
}

func TestTheFirstPlaybookRefusedLeavesTheBuiltIn(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	one, err := o.PublishPlaybook(t.Context(), []byte(playbook.DefaultFile()), nil)
	must(t, err)
	given(t, b)
	_, err = o.Status(t.Context(), "harbour", wire.BoxStatus{PlaybookRefused: &wire.Refusal{Version: one.Version, Why: "x"}})
	must(t, err)
	if p := given(t, b); p == nil || len(p.Body) != 0 || p.Version <= one.Version {
		t.Errorf("goes back to %+v", p)
	}
}

func TestSilence(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	must(t, o.Silence(t.Context(), true))
	must(t, o.Silence(t.Context(), true)) // no change
	c := b.changes()
	if kinds(c) != "settings" || !c[0].Settings.Silent || c[0].Settings.Version != 1 {
		t.Fatalf("%s", kinds(c))
	}
	must(t, o.SetLockDays(t.Context(), 14))
	must(t, o.Silence(t.Context(), false))
	if c := b.changes(); kinds(c) != "settings" || c[0].Settings.Silent || c[0].Settings.LockDays != 14 || c[0].Settings.Version != 3 {
		t.Errorf("%+v", c)
	}
	if late := o.enrolled("late")[0].changes(); kinds(late) != "settings" {
		t.Errorf("a new store hears %s", kinds(late))
	}
}

func TestUsers(t *testing.T) {
	o := newOffice(t)
	secret, err := o.AddUser(t.Context(), "Jo", hq.RolePages)
	must(t, err)
	if _, err := o.AddUser(t.Context(), "Jo", hq.RoleFeed); !errors.Is(err, hq.ErrExists) {
		t.Errorf("twice: %v", err)
	}
	for _, bad := range [][2]string{{"Jo", "x"}, {"Jo", ""}, {"nobody", secret}, {"nobody", ""}} {
		if _, err := o.CheckUser(t.Context(), bad[0], bad[1]); !errors.Is(err, hq.ErrSignIn) {
			t.Errorf("%q: %v", bad, err)
		}
		if _, _, err := o.SignIn(t.Context(), bad[0], bad[1]); !errors.Is(err, hq.ErrSignIn) {
			t.Errorf("%q signs in: %v", bad, err)
		}
	}
	sign := func() string {
		t.Helper()
		token, _, err := o.SignIn(t.Context(), "Jo", secret)
		must(t, err)
		if u, err := o.Session(t.Context(), token); err != nil || u.Name != "Jo" || u.Role != hq.RolePages {
			t.Fatalf("%+v, %v", u, err)
		}
		return token
	}
	over := func(why, token string) {
		t.Helper()
		if _, err := o.Session(t.Context(), token); !errors.Is(err, hq.ErrSignIn) {
			t.Errorf("%s: %v", why, err)
		}
	}
	token := sign()
	must(t, o.SignOut(t.Context(), token))
	over("signed out", token)
	token = sign()
	o.clock.forward(12 * time.Hour)
	over("the next day", token)
	token = sign()
	must(t, o.RevokeUser(t.Context(), "Jo"))
	over("revoked", token)
	if users, err := o.Users(t.Context()); err != nil || len(users) != 0 {
		t.Errorf("%v %v", users, err)
	}
}

func TestLookup(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[0].customer("Maya", card(1))
	records := told(maya, b[0].fact(maya.ID, "she rides"))
	for i := range 30 {
		records = append(records, told(b[0].visit(maya.ID, i))...)
	}
	b[0].tell(records...)
	b[1].changes()
	if _, err := o.Lookup(t.Context(), "station", o.hashes(card(2))); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("a stranger: %v", err)
	}
	f, err := o.Lookup(t.Context(), "station", o.hashes(card(1)))
	must(t, err)
	if f.Customer.ID != maya.ID || len(f.Facts) != 1 || f.Facts[0].Customer != maya.ID || len(f.Visits) != 20 || f.Visits[0].ID != "harbour-29" || f.Visits[0].Store != "harbour" || f.Visits[0].Customer != maya.ID {
		t.Errorf("found %+v", f)
	}
	must(t, o.Close()) // what is noted after the answer
	if c := b[1].changes(); kinds(c) != "customer fact" {
		t.Errorf("the store is told of her from now on: %s", kinds(c))
	}
	b[0].tell(told(withConsent(b[0], maya, edge.ConsentRecognise))...)
	if f, err := o.Lookup(t.Context(), "station", o.hashes(card(1))); err != nil || len(f.Facts)+len(f.Visits) != 0 || f.Customer.Fields[edge.FieldName].Value != "Maya" {
		t.Errorf("one who wants to be recognised only: %+v, %v", f, err)
	}
}

// A store cannot try many cards with one question, nor such as it hashed under a key of its own.
func TestALookupIsOfOneIdentifier(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[0].customer("Maya", card(1))
	own := o.hashes(card(3))[0]
	own.Key++
	maya.Identifiers = append(maya.Identifiers, own)
	b[0].tell(told(maya)...)
	if _, err := o.Lookup(t.Context(), "station", o.hashes(card(2), card(1))); !errors.Is(err, hq.ErrHashes) {
		t.Errorf("two cards at once: %v", err)
	}
	if _, err := o.Lookup(t.Context(), "station", []edge.IdentifierHash{own}); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("under a key that is not the chain's: %v", err)
	}
	if _, err := o.Lookup(t.Context(), "station", append(o.hashes(card(1)), own)); err != nil {
		t.Errorf("under both: %v", err)
	}
}

// A store that enrols with a key of another's id does not take that one out of what boxes search by.
func TestAKeyHidesNoOther(t *testing.T) {
	o := newOffice(t)
	var chain edge.ChainKeys
	for i, store := range []string{"harbour", "station", "airport"} {
		code, err := o.AddStore(t.Context(), store, nil)
		must(t, err)
		made, err := o.Enrol(t.Context(), wire.EnrolRequest{Code: code, Store: store, Version: "1",
			Keys: []edge.Key{{ID: 7, Key: bytes.Repeat([]byte{byte(i / 2)}, 32)}}})
		must(t, err)
		chain = made.Chain
	}
	if len(chain.Elsewhere) != 2 {
		t.Errorf("%d keys are told, want both of one id", len(chain.Elsewhere))
	}
}

func TestTheFeedGoesOn(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	maya := b.customer("Maya", card(1))
	b.tell(told(maya, b.fact(maya.ID, "she rides"), b.visit(maya.ID, 1))...)
	var seen []string
	cursor := ""
	next := func(limit int) int {
		t.Helper()
		items, after, err := o.Feed(t.Context(), cursor, limit)
		must(t, err)
		for _, i := range items {
			seen = append(seen, i.Kind)
		}
		cursor = after
		return len(items)
	}
	for next(1) > 0 {
	}
	b.tell(told(b.visit(maya.ID, 2))...)
	next(10)
	if _, err := o.Forget(t.Context(), card(1)); err != nil {
		t.Fatal(err)
	}
	next(10)
	if got := strings.Join(seen, " "); got != "customer visit fact visit visit visit erasure" {
		t.Errorf("the feed told %s", got)
	}
	must(t, o.Restored(t.Context()))
	if _, _, err := o.Feed(t.Context(), cursor, 1); !errors.Is(err, hq.ErrCursor) {
		t.Errorf("after a restore: %v", err)
	}
	for _, bad := range []string{"x", "f.1.1", cursor + "1x"} {
		if _, _, err := o.Feed(t.Context(), bad, 1); !errors.Is(err, hq.ErrCursor) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
