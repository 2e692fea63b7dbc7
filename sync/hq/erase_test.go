// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"redbench/edge"
	"redbench/sync/wire"
)

// traces are the bytes of one customer that must be in no file once she is erased.
func (o *office) traces(id edge.Identifier, more ...string) map[string][]byte {
	o.t.Helper()
	out := map[string][]byte{}
	for i, text := range more {
		out[fmt.Sprint("text ", i)] = []byte(text)
	}
	hash := o.keys.Hashes(id)[0].Sum
	out["hash"] = hash[:]
	db, err := sql.Open("sqlite3", "file:"+o.database()+"?mode=ro")
	must(o.t, err)
	defer func() { must(o.t, db.Close()) }()
	var number int64
	must(o.t, db.QueryRow(`SELECT customer FROM identifiers WHERE hash = ?`, hash[:]).Scan(&number))
	read := func(name, query string) {
		rows, err := db.Query(query, number)
		must(o.t, err)
		defer func() { must(o.t, rows.Close()) }()
		for n := 0; rows.Next(); n++ {
			var trace []byte
			must(o.t, rows.Scan(&trace))
			out[fmt.Sprint(name, " ", n)] = trace
		}
	}
	read("wrapped key", `SELECT wrapped FROM people WHERE number = ?`)
	read("sealed state", `SELECT sealed FROM people WHERE number = ?`)
	read("a fact's body", `SELECT body FROM entities WHERE customer = ? AND kind = 2`)
	read("a fact's id", `SELECT id FROM entities WHERE customer = ? AND kind = 2`)
	read("an outcome's id", `SELECT id FROM entities WHERE customer = ? AND kind = 4`)
	return out
}

func (o *office) count(query string) (n int) {
	o.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+o.database()+"?mode=ro")
	must(o.t, err)
	defer func() { must(o.t, db.Close()) }()
	must(o.t, db.QueryRow(query).Scan(&n))
	return n
}

func found(t *testing.T, dir string, traces map[string][]byte) (where []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		must(t, err)
		for name, trace := range traces {
			if bytes.Contains(data, trace) {
				where = append(where, name+" in "+filepath.Base(file))
			}
		}
	}
	slices.Sort(where)
	return where
}

// TestTheErasedAreInNoFile is the promise of Forget and of a store's order. Customers come in many batches, so that pages
// were split and rearranged around those who are then erased, and one was joined of two.
func TestTheErasedAreInNoFile(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	const n = 3000
	states := make([]edge.CustomerState, n)
	order := rand.New(rand.NewPCG(1, 2)).Perm(n)
	for part := range slices.Chunk(order, 300) {
		var records []edge.Record
		for _, i := range part {
			states[i] = b[0].customer(fmt.Sprint("Maya Nr", i), card(i))
			records = append(records, told(states[i], b[0].fact(states[i].ID, "she rides bicycle"), outcome(states[i].ID, fmt.Sprint("prompt-of-", i), "used"), b[0].visit(states[i].ID, i))...)
		}
		b[0].tell(records...)
	}
	who := rand.New(rand.NewPCG(3, 4)).Perm(n)[:30]
	for _, i := range who[:10] {
		there := b[1].customer("M.", card(i), card(n+i))
		b[1].tell(told(there, b[1].fact(there.ID, "she sails"))...)
	}
	b[0].changes()
	all := map[string][]byte{}
	for _, i := range who {
		for name, trace := range o.traces(card(i)) {
			all[fmt.Sprintf("%s of %d", name, i)] = trace
		}
	}
	must(t, o.db.Erase(t.Context()))
	// Names rest sealed: the control finds everything else.
	if got := found(t, o.dir, all); len(got) != len(all) || len(all) < 30*6 {
		t.Fatalf("the control finds %d of %d traces", len(got), len(all))
	}
	if names := found(t, o.dir, map[string][]byte{"a name": []byte("Maya Nr"), "a fact": []byte("bicycle")}); names != nil {
		t.Errorf("in clear: %v", names)
	}
	for _, i := range who[:15] {
		done, err := o.Forget(t.Context(), card(i))
		if err != nil || !done.Known || done.Stores != 2 {
			t.Fatalf("%+v, %v", done, err)
		}
	}
	for _, i := range who[15:] {
		e := edge.Erasure{ID: newID(), At: noon, Stamp: b[0].stamp(), Customers: []string{states[i].ID}}
		must(t, o.Orders(t.Context(), "harbour", []edge.Order{{Erasure: &e}}))
	}
	if got := found(t, o.dir, all); got != nil {
		t.Fatalf("%d of %d traces are left: %v", len(got), len(all), got)
	}
	if left := o.count(`SELECT count(*) FROM changes WHERE customer <> 0 AND customer NOT IN (SELECT number FROM people)`); left != 0 {
		t.Errorf("%d rows of changes are about nobody", left)
	}
	if got := len(o.people()); got != n-len(who) {
		t.Errorf("%d customers are left of %d", got, n-len(who))
	}
	if visits := o.only("visit"); len(visits) != n {
		t.Errorf("%d visits are left; they stay as a stranger's", len(visits))
	}
}

// TestTheErasedDoNotComeBack: late records, restored boxes and imports do not bring her back; her own new consent does.
func TestTheErasedDoNotComeBack(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[0].chained("Maya", "C1", card(1))
	fact, visit := b[0].fact(maya.ID, "she rides"), b[0].visit(maya.ID, 1)
	b[0].tell(told(maya, fact, visit)...)
	if _, err := o.Forget(t.Context(), card(1)); err != nil {
		t.Fatal(err)
	}
	for _, c := range b[1].changes() {
		byValue := o.keys.Tombstone(edge.Identifier{Kind: edge.KindCustomer, Value: "C1"})
		if !slices.ContainsFunc(c.Erasure.Tombstones, func(t []byte) bool { return bytes.Equal(t, byValue[:]) }) {
			t.Error("the order does not name the chain's id by its value")
		}
	}
	empty := func(what string) {
		t.Helper()
		if len(o.people())+len(o.only("fact"))+len(o.only("outcome")) != 0 {
			t.Fatalf("%s brings her back: %+v", what, o.all())
		}
	}
	empty("forgetting")
	o.clock.forward(1e9)
	b[0].id, b[0].seq = newID(), 0
	b[0].tell(told(maya, fact, visit, b[0].visit(maya.ID, 2), outcome(maya.ID, "p", "seen"), b[0].fact(maya.ID, "late"))...)
	empty("a restored box that offers everything")
	for _, v := range o.only("visit") {
		if v.Visit.Customer != "" {
			t.Error("a late visit is hers")
		}
	}
	again := b[1].customer("Maya", card(1))
	again.Fields[edge.FieldConsent] = edge.Register{Value: "remember", At: b[1].stamp(), Rank: edge.RankGuess}
	b[1].tell(told(again, b[1].fact(again.ID, "imported"), b[1].visit(again.ID, 3))...)
	empty("a re-import at another store, consent assumed")
	byChain := b[1].chained("Maya", "C1", card(77))
	byChain.Fields[edge.FieldConsent] = edge.Register{Value: "remember", At: b[1].stamp(), Rank: edge.RankGuess}
	b[1].tell(told(byChain)...)
	empty("the chain's id with another card")
	before := b[1].customer("Maya", card(1))
	before.Fields[edge.FieldConsent] = edge.Register{Value: "remember", At: edge.Stamp{Wall: 1, Origin: "x"}, Rank: edge.RankTold}
	b[1].tell(told(before)...)
	empty("consent from before the erasure")

	b[1].stamps.See(edge.Stamp{Wall: o.clock.Now().UnixMicro(), Count: 99, Origin: "hq"})
	anew := b[1].customer("Maya", card(1))
	b[1].tell(told(anew, b[1].fact(anew.ID, "she sails"))...)
	if c := o.onlyPerson(); c.ID != anew.ID || len(o.only("fact")) != 1 {
		t.Errorf("her new consent does not count: %+v", c)
	}
	b[0].tell(told(maya, fact)...)
	if c := o.onlyPerson(); len(c.Also) != 0 || len(o.only("fact")) != 1 {
		t.Errorf("the erased id is hers again: %+v", c)
	}
}

func TestASharedCardIsNotErasedWithOne(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya, ben := b[0].chained("Maya", "C1", card(1)), b[1].chained("Ben", "C2", card(1))
	b[0].tell(told(maya)...)
	b[1].tell(told(ben, b[1].fact(ben.ID, "he rides"))...)
	if _, err := o.Forget(t.Context(), card(1)); !errors.Is(err, edge.ErrAmbiguous) {
		t.Fatalf("forgetting by a household's card: %v", err)
	}
	h := o.keys.Hashes(card(1))[0]
	tombstone := o.keys.TombstoneOf(h)
	e := edge.Erasure{ID: newID(), At: noon, Stamp: b[0].stamp(), Customers: []string{maya.ID}, Tombstones: [][]byte{tombstone[:]}}
	must(t, o.Orders(t.Context(), "harbour", []edge.Order{{Erasure: &e}}))
	if c := o.onlyPerson(); c.ID != ben.ID {
		t.Fatalf("left: %+v", c)
	}
	for _, c := range b[1].changes() {
		if c.Erasure != nil && slices.ContainsFunc(c.Erasure.Tombstones, func(t []byte) bool { return bytes.Equal(t, tombstone[:]) }) {
			t.Error("the order names the card that Ben has, too")
		}
	}
	b[1].tell(told(ben)...)
	if f, err := o.Lookup(t.Context(), "harbour", o.hashes(card(1))); err != nil || f.Customer.ID != ben.ID {
		t.Errorf("the card is Ben's alone now: %+v, %v", f.Customer, err)
	}
}

// TestAnOrderFindsHerByTombstonesAlone: the store that ordered it had not told of her, and head office knows her by another.
func TestAnOrderFindsHerByTombstonesAlone(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[1].customer("Maya", card(1), card(2))
	b[1].tell(told(maya, b[1].customer("Ben", card(3)))...)
	tombstone := o.keys.TombstoneOf(o.keys.Hashes(card(1))[0])
	b[0].stamps.See(b[1].stamps.Last()) // the order comes after her consent
	e := edge.Erasure{ID: newID(), At: noon, Stamp: b[0].stamp(), Customers: []string{newID()}, Tombstones: [][]byte{tombstone[:]}}
	for range 2 { // an order may come again
		must(t, o.Orders(t.Context(), "harbour", []edge.Order{{Erasure: &e}}))
	}
	if c := o.onlyPerson(); c.Fields[edge.FieldName].Value != "Ben" {
		t.Errorf("left: %+v", c)
	}
	var got []*edge.Erasure
	for _, c := range b[1].changes() {
		if c.Erasure != nil {
			got = append(got, c.Erasure)
		}
	}
	if len(got) != 1 || !slices.Contains(got[0].Customers, maya.ID) || len(got[0].Tombstones) != 2 {
		t.Errorf("the others are told %+v", got)
	}
}

func TestWhoOwesAReceipt(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station", "airport")
	_, err := o.AddStore(t.Context(), "someday", nil)
	must(t, err)
	owing := func() string {
		t.Helper()
		owed, err := o.Owing(t.Context())
		must(t, err)
		var out []string
		for _, e := range owed {
			out = append(out, fmt.Sprint(e.Store, " since ", e.Since.Sub(noon)))
		}
		return strings.Join(out, ", ")
	}
	order := edge.Erasure{ID: newID(), At: noon, Stamp: b[0].stamp()}
	must(t, o.Orders(t.Context(), "harbour", []edge.Order{{Erasure: &order}}))
	o.clock.forward(3600e9)
	done, err := o.Forget(t.Context(), card(1)) // nobody here knows her, a box may
	if err != nil || done.Known || done.Stores != 3 {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := owing(); got != "airport since 0s, station since 0s, airport since 1h0m0s, harbour since 1h0m0s, station since 1h0m0s" {
		t.Errorf("owing: %s", got)
	}
	receipt := func(store, erasure string) {
		t.Helper()
		must(t, o.Orders(t.Context(), store, []edge.Order{{Receipt: &edge.Receipt{Erasure: erasure, At: noon}}}))
	}
	receipt("station", order.ID)
	receipt("station", order.ID)
	receipt("station", done.Erasure)
	receipt("station", newID())                                                // of an order that this head office never had
	must(t, o.Orders(t.Context(), "harbour", []edge.Order{{Erasure: &order}})) // it may come again
	must(t, o.RevokeStore(t.Context(), "airport"))
	if got := owing(); got != "harbour since 1h0m0s" {
		t.Errorf("owing: %s", got)
	}
	stores, err := o.Stores(t.Context())
	must(t, err)
	if s := stores[1]; s.ID != "harbour" || s.OwedErasures != 1 || s.OwedSince != noon.Add(3600e9) {
		t.Errorf("the fleet page: %+v", s)
	}
	// A box that enrols may be an old one: it owes all of them that it has not confirmed.
	o.enrolled("station", "airport")
	if got := owing(); strings.Count(got, "station") != 0 || strings.Count(got, "airport") != 2 {
		t.Errorf("after enrolling anew: %s", got)
	}
}

// TestForgettingNamesHerUnderEveryKey: a box that worked alone may still hold her under a key of its own.
func TestForgettingNamesHerUnderEveryKey(t *testing.T) {
	o := newOffice(t)
	o.enrolled("station")
	code, err := o.AddStore(t.Context(), "harbour", nil)
	must(t, err)
	own := edge.Key{ID: 7, Key: bytes.Repeat([]byte{7}, 32)}
	made, err := o.Enrol(t.Context(), wire.EnrolRequest{Code: code, Store: "harbour", Keys: []edge.Key{own}})
	must(t, err)
	if len(made.Chain.Elsewhere) != 1 || len(made.Chain.Identifiers) == 0 {
		t.Errorf("chain's keys: %+v", made.Chain)
	}
	page, err := o.Changes(t.Context(), "station", "", 0)
	must(t, err)
	if kinds(page.Changes) != "keys" || page.Changes[0].Keys.Elsewhere[0].ID != 7 {
		t.Errorf("the other store hears %s", kinds(page.Changes))
	}
	done, err := o.Forget(t.Context(), card(1))
	must(t, err)
	must(t, o.keys.KnowElsewhere([]edge.Key{own}))
	page, err = o.Changes(t.Context(), "station", page.Cursor, 0)
	must(t, err)
	for _, h := range o.keys.HashesEverywhere(card(1)) {
		want := o.keys.TombstoneOf(h)
		if !slices.ContainsFunc(page.Changes[0].Erasure.Tombstones, func(t []byte) bool { return bytes.Equal(t, want[:]) }) {
			t.Errorf("no tombstone under key %d in %s", h.Key, done.Erasure)
		}
	}
}

// TestAnOrderThatComesAgainSparesNewConsent: a backup was restored, and what she said since came before the order did.
func TestAnOrderThatComesAgainSparesNewConsent(t *testing.T) {
	for _, after := range []bool{false, true} {
		o := newOffice(t)
		b := o.enrolled("harbour", "station")
		order := edge.Erasure{ID: newID(), At: noon, Stamp: b[0].stamp(), Customers: []string{newID()}}
		for _, h := range o.keys.HashesEverywhere(card(1)) {
			grave := o.keys.TombstoneOf(h)
			order.Tombstones = append(order.Tombstones, grave[:])
		}
		if !after {
			order.Stamp.Wall += 1e12
		}
		o.clock.forward(1e9)
		maya := b[1].customer("Maya", card(1))
		b[1].tell(told(maya)...)
		must(t, o.Orders(t.Context(), "harbour", []edge.Order{{Erasure: &order}}))
		if left := len(o.people()); (left == 1) != after {
			t.Errorf("consent after the order %v: %d customers are left", after, left)
		}
	}
}

// TestAFactOfNobodyWaits: it is passed on once somebody has said what she allows, whoever she turns out to be.
func TestAFactOfNobodyWaits(t *testing.T) {
	for _, joined := range []bool{false, true} {
		o := newOffice(t)
		b := o.enrolled("harbour")[0]
		maya := b.customer("Maya", card(1))
		if joined {
			b.tell(told(b.customer("Maya", card(1), card(2)))...)
		}
		fact := b.fact(maya.ID, "she rides")
		b.tell(told(fact)...)
		_, cursor, err := o.Feed(t.Context(), "", 100)
		must(t, err)
		var out strings.Builder
		done, err := o.Export(t.Context(), &out)
		must(t, err)
		if strings.Contains(out.String(), "rides") || done.Facts != 0 {
			t.Errorf("joined %v: exported: %s", joined, out.String())
		}
		if got := o.only("fact"); len(got) != 1 || len(got[0].Fact.Fields) != 0 {
			t.Errorf("joined %v: the feed has %+v", joined, got)
		}
		b.tell(told(maya)...)
		items, _, err := o.Feed(t.Context(), cursor, 100)
		must(t, err)
		if !slices.ContainsFunc(items, func(i hqItem) bool { return i.Fact != nil && i.Fact.Fields[edge.FieldText].Value == "she rides" }) {
			t.Errorf("joined %v: once she has said yes the feed goes on with %+v", joined, items)
		}
	}
}
