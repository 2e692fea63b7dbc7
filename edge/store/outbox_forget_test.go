// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"redbench/edge"
)

// TestTheForgottenOfAChainAreInNoFile: of an enrolled box neither what waits to be sent nor the order itself holds
// anything of her but her ids, which are kept so that she stays forgotten.
func TestTheForgottenOfAChainAreInNoFile(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	const n = 1200
	town(t, s, n, 4)
	joinChain(t, s)
	who := []int{7, 300, 301, 302, 900, 1199}
	all := map[string][]byte{}
	var refs [][]byte // of facts and outcomes, as the outbox names them
	for _, i := range who {
		// A tap under the box's former key, another identifier and name, a prompt, a note, an outcome, a visit.
		p := profile(t, s, card(i).Value)
		ref := p.Customer.Ref
		importCustomers(t, s, fmt.Sprintf("customer,identifier,kind,name\nc%07d,maya%d@example.org,email,Maja Nr%d\n", i, i, i))
		prompt := &edge.Prompt{ID: newID(), Customer: ref, Remember: &edge.Line{Text: "bicycle", Rule: "r", Fact: p.Facts[0].ID}}
		note, alias := newID(), uuid.Must(uuid.NewV7())
		commit(t, s, edge.Entry{Prompt: prompt},
			edge.Entry{Fact: &edge.Fact{ID: note, Customer: ref, Kind: edge.FactPromise, Text: "a call"}},
			edge.Entry{Outcome: &edge.Outcome{Word: fmt.Sprint("outcome-", i), Prompt: prompt.ID, Kind: "used"}},
			edge.Entry{Visit: &edge.Visit{Customer: ref, At: s.opt.Now(), Lane: "1", Checkout: fmt.Sprint("k", i), Items: []edge.Item{{SKU: "1", Quantity: 1}}}})
		transaction(t, s, func(w *work) error {
			return w.exec(`INSERT INTO aliases (id, customer) VALUES (?, ?)`, alias[:], int64(ref))
		})
		for name, trace := range traces(t, s, card(i)) {
			all[fmt.Sprintf("%s of %d", name, i)] = trace
		}
		delete(all, fmt.Sprintf("id of %d", i))
		email := s.opt.Seal.Hashes(edge.Identifier{Kind: edge.KindEmail, Value: fmt.Sprintf("maya%d@example.org", i)})[0].Sum
		all[fmt.Sprint("e-mail of ", i)] = email[:]
		refs = append(refs, idKey(note), outcomeRef(idKey(prompt.ID), fmt.Sprint("outcome-", i)))
		all[fmt.Sprint("name of ", i)] = fmt.Appendf(nil, "Maja Nr%d", i)
		all[fmt.Sprint("chain id of ", i)] = fmt.Appendf(nil, "c%07d", i)
	}
	if err := s.checkpoint(t.Context(), "TRUNCATE"); err != nil {
		t.Fatal(err)
	}
	// Values rest in clear nowhere; the control finds the rest.
	const inClear = 3 // the card's number, the name, the chain's id
	if got := found(t, dir, all); len(got) != len(all)-inClear*len(who) {
		t.Fatalf("the control finds %d traces of %d: %v", len(got), len(all), got)
	}
	named := func() (n int) {
		for _, ref := range refs {
			n += count(t, s, `SELECT count(*) FROM outbox WHERE ref = ?`, ref)
		}
		return n
	}
	if n := named(); n != len(refs) {
		t.Fatalf("the control finds %d rows of %d", n, len(refs))
	}
	for _, i := range who {
		if _, err := s.Forget(t.Context(), card(i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := named(); n != 0 {
		t.Errorf("%d rows of the outbox name what was hers", n)
	}
	if got := found(t, dir, all); got != nil {
		t.Fatalf("%d of %d traces are left: %v", len(got), len(all), got)
	}
	orders, err := s.Orders(t.Context())
	if err != nil || len(orders) != len(who) {
		t.Fatalf("%d orders, %v", len(orders), err)
	}
	if left := count(t, s, `SELECT count(*) FROM outbox WHERE customer IS NOT NULL`); left != 0 {
		t.Errorf("%d rows of the outbox name her", left)
	}
	for _, r := range pending(t, s) {
		if r.Kind != edge.RecordVoid && (r.Visit == nil || r.Visit.Customer != "") {
			t.Errorf("told %+v", r)
		}
	}
}

// TestAnOrderToForgetFindsHerEverywhere: by her ids, and by tombstones of each identifier under every key that a box of
// the chain may have her under.
func TestAnOrderToForgetFindsHerEverywhere(t *testing.T) {
	s := newScene(t)
	s.imports("customer,identifier,kind\nc1,maya@example.org,email\n")
	email := s.opt.Seal.Hashes(edge.Identifier{Kind: edge.KindEmail, Value: "maya@example.org"})[0]
	hq, other := office(t), openStore(t, t.TempDir())
	chain := hq.ChainKeys()
	chain.Elsewhere = other.opt.Seal.OwnKeys()
	if err := s.opt.Seal.Adopt(chain); err != nil {
		t.Fatal(err)
	}
	if err := s.StartOutbox(t.Context()); err != nil {
		t.Fatal(err)
	}
	alias := uuid.Must(uuid.NewV7())
	transaction(t, s.Store, func(w *work) error {
		return w.exec(`INSERT INTO aliases (id, customer) VALUES (?, ?)`, alias[:], int64(s.maya.Customer.Ref))
	})
	forget(t, s.Store, edge.KindCard, "6001")
	orders, err := s.Orders(t.Context())
	if err != nil || len(orders) != 1 || orders[0].Erasure == nil {
		t.Fatalf("%+v %v", orders, err)
	}
	e := orders[0].Erasure
	has := map[string]bool{}
	for _, grave := range e.Tombstones {
		has[hex.EncodeToString(grave)] = true
	}
	want := map[string][32]byte{"e-mail, by its hash under the box's own key": hq.TombstoneOf(email)}
	for _, id := range []edge.Identifier{{Kind: edge.KindCard, Value: "6001"}, {Kind: edge.KindCustomer, Value: "c1"}} {
		want[id.Value+" by its value"] = hq.Tombstone(id)
		want[id.Value+" by the chain's hash"] = hq.TombstoneOf(hq.Hashes(id)[0])
		want[id.Value+" by another box's hash"] = hq.TombstoneOf(other.opt.Seal.Hashes(id)[0])
		want[id.Value+" by its own hash"] = hq.TombstoneOf(s.opt.Seal.Hashes(id)[1])
	}
	for name, grave := range want {
		if !has[hex.EncodeToString(grave[:])] {
			t.Errorf("no tombstone of %s", name)
		}
	}
	if e.ID == "" || e.Stamp.IsZero() || !e.At.Equal(s.clock.Now()) || len(e.Customers) != 2 ||
		e.Customers[0] != s.maya.Customer.ID || e.Customers[1] != alias.String() {
		t.Errorf("%+v", e)
	}
	// It stays until head office has it, over a restart; new consent brings her back under another id, with a later stamp.
	s.Store = reopen(t, s.Store)
	if b, err := s.Backlog(t.Context()); err != nil || b.Orders != 1 {
		t.Errorf("%+v %v", b, err)
	}
	s.imports("customer,identifier,name,consent\nc1,6001,Maya,remember\n")
	got := pending(t, s.Store)
	back := got[len(got)-1].Customer
	if back == nil || back.ID == s.maya.Customer.ID || !back.Fields[edge.FieldConsent].At.After(e.Stamp) {
		t.Errorf("%+v, after %v", back, e.Stamp)
	}
	if err := s.Ordered(t.Context(), []string{orders[0].ID(), "erasure of nobody"}); err != nil {
		t.Fatal(err)
	}
	if orders, err := s.Orders(t.Context()); err != nil || len(orders) != 0 {
		t.Errorf("%+v %v", orders, err)
	}
}
