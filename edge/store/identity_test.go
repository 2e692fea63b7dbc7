// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redbench/edge"
	"redbench/edge/exchange"
	"redbench/edge/seal"
)

func counted(r edge.ImportReport) [5]int { return [5]int{r.Rows, r.New, r.Changed, r.Unchanged, r.Bad} }

func TestARepeatChangesNothing(t *testing.T) {
	s := openStore(t, t.TempDir())
	file := `customer,identifier,kind,name,say,address,language,consent,since,fact.interest
c1,6001,card,Maya,MY-uh,Mrs Mayer,de,remember,2020-01-02,sailing
c1,maya@example.org,email,,,,,,,
c2,6002,card,Ada,,,,none,,
,6003,card,Bo,,,,,,
,6001,card,Maya M.,,,,,,rowing
`
	first := importCustomers(t, s, file)
	if counted(first) != [5]int{5, 3, 2, 0, 0} {
		t.Errorf("first: %+v", first)
	}
	again := importCustomers(t, s, file)
	if counted(again) != [5]int{5, 0, 0, 5, 0} {
		t.Errorf("again: %+v", again)
	}
	p, err := s.Profile(t.Context(), edge.Identifier{Kind: edge.KindEmail, Value: " MAYA@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	want := edge.Customer{Ref: p.Customer.Ref, ID: p.Customer.ID, Name: "Maya M.", Say: "MY-uh", Address: "Mrs Mayer", Language: "de",
		Consent: edge.ConsentRemember, Since: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, p.Customer); diff != "" || len(p.Facts) != 2 {
		t.Error(diff, p.Facts)
	}
	// A fact that a cashier closed does not come back with the next file.
	commit(t, s, edge.Entry{Word: "w", Close: &edge.CloseFact{ID: p.Facts[0].ID, At: s.opt.Now()}})
	importCustomers(t, s, file)
	if p := profile(t, s, "6001"); len(p.Facts) != 1 {
		t.Errorf("facts %+v", p.Facts)
	}
	changed := importCustomers(t, s, "customer,identifier,name,consent\nc1,6009,,\nc2,,Ada,recognise\nc1,,Maja,\n")
	if counted(changed) != [5]int{3, 0, 3, 0, 0} {
		t.Errorf("changed: %+v", changed)
	}
	if p := profile(t, s, "6009"); p.Customer.Name != "Maja" {
		t.Errorf("%+v", p.Customer)
	}
	if p := profile(t, s, "6002"); p.Customer.Consent != edge.ConsentRecognise {
		t.Errorf("%+v", p.Customer)
	}
	if counts, _ := s.Counts(t.Context(), s.opt.Now()); counts.Customers != 3 {
		t.Errorf("counts %+v", counts)
	}
}

// TestTheChainNamesWhomTheCardFound: a customer who is known by her card alone gets the chain's id later, and stays one.
func TestTheChainNamesWhomTheCardFound(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, "identifier,name\n6001,Maya\n")
	before := profile(t, s, "6001").Customer.Ref
	if r := importCustomers(t, s, "customer,identifier\nc1,6001\n"); counted(r) != [5]int{1, 0, 1, 0, 0} {
		t.Errorf("%+v", r)
	}
	p, err := s.Profile(t.Context(), edge.Identifier{Kind: edge.KindCustomer, Value: "c1"})
	if err != nil || p.Customer.Ref != before || p.Customer.Name != "Maya" {
		t.Errorf("%+v %v", p.Customer, err)
	}
	// Another customer with the same card is another customer: the card is shared.
	if r := importCustomers(t, s, "customer,identifier,name\nc2,6001,Ada\n"); r.New != 1 {
		t.Errorf("%+v", r)
	}
	if _, err := s.Profile(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "6001"}); !errors.Is(err, edge.ErrAmbiguous) {
		t.Errorf("shared card: %v", err)
	}
}

func TestTheForgottenStayForgottenUntilTheyConsent(t *testing.T) {
	s := openStore(t, t.TempDir())
	p := maya(t, s)
	commit(t, s, edge.Entry{Visit: &edge.Visit{Customer: p.Customer.Ref, At: s.opt.Now(), Lane: "1", Checkout: "k", Items: []edge.Item{{SKU: "1", Quantity: 1}}}})
	gone, err := s.Forget(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "6001"})
	if err != nil || gone != (Forgotten{p.Customer.Ref, p.Customer.ID}) {
		t.Fatal(gone, err)
	}
	ref := gone.Ref
	if _, err := s.ProfileOf(t.Context(), ref); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("by number: %v", err)
	}
	// A lane may still hold her number: what it writes is a stranger's.
	commit(t, s, edge.Entry{Visit: &edge.Visit{Customer: ref, At: s.opt.Now().Add(1), Lane: "1", Checkout: "k2", Items: []edge.Item{{SKU: "1", Quantity: 1}}},
		Prompt: &edge.Prompt{ID: newID(), Customer: ref}, Fact: &edge.Fact{ID: newID(), Customer: ref, Kind: edge.FactPraise, Text: "x"}})
	// Neither by card nor by the chain's id, which only her record knew.
	if r := importCustomers(t, s, "customer,identifier,name,consent\nc1,6009,Maya,\n,6001,Maya,none\n"); r.Bad != 2 || !strings.Contains(r.Problems[0].Reason, "forgotten") {
		t.Errorf("%+v", r)
	}
	if r := importCustomers(t, s, "customer,identifier,name,consent\nc1,6001,Maya,remember\n"); r.New != 1 {
		t.Errorf("%+v", r)
	}
	back := profile(t, s, "6001")
	if back.Customer.Ref == ref || back.Visits != 0 || len(back.Facts) != 0 {
		t.Errorf("she comes back as she was: %+v", back)
	}
	if r := importCustomers(t, s, "customer,identifier,name\nc1,6001,Maya\n"); r.Unchanged != 1 {
		t.Errorf("after her new consent: %+v", r)
	}
}

func TestVisitsOfStrangersAndSplitVisitsAreBadRows(t *testing.T) {
	s := openStore(t, t.TempDir())
	importCustomers(t, s, "identifier,consent\n1,\n2,recognise\n")
	file := "identifier,at,checkout,sku,name,quantity\n" +
		"1,2026-01-01,a,7,Milk,1\n1,2026-01-01,a,8,Tea,1\n" +
		"2,2026-01-01,b,7,Milk,1\n" +
		"3,2026-01-01,c,7,Milk,1\n"
	visits := func(csv string) edge.ImportReport {
		r, err := s.ImportVisits(t.Context(), exchange.Visits(strings.NewReader(csv), exchange.Options{}), edge.ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := visits(file)
	if counted(r) != [5]int{4, 2, 0, 0, 2} || r.Problems[0].Line != 4 || r.Problems[1].Line != 5 {
		t.Errorf("%+v", r)
	}
	if r := visits(file); counted(r) != [5]int{4, 0, 0, 2, 2} {
		t.Errorf("again: %+v", r)
	}
	if r := visits("identifier,at,checkout,sku\n1,2026-01-01,a,9\n"); r.Bad != 1 {
		t.Errorf("other lines: %+v", r)
	}
	// An old file does not rename what the till calls otherwise today.
	visits("identifier,at,checkout,sku,name\n1,2026-01-02,b,7,Old name\n")
	if p := profile(t, s, "1"); p.Visits != 2 || p.Usual[0].Name != "Milk" {
		t.Errorf("%+v", p)
	}
}

func TestOtherKeysAreRefused(t *testing.T) {
	dir := t.TempDir()
	if err := openStore(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	other, err := seal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{Dir: dir, Seal: other, Ballast: -1, Upkeep: -1})
	if err == nil || !strings.Contains(err.Error(), "other keys") {
		t.Errorf("got %v", err)
	}
	openStore(t, dir) // and the lock was given back
}

func TestANewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	if _, err := s.write.Exec(`PRAGMA user_version = 99`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), s.opt); err == nil || !strings.Contains(err.Error(), "newer redbench") {
		t.Errorf("got %v", err)
	}
}

// TestAChangedIdentifierKeyLosesNobody: a tap finds her under the old key, and from the next commit on under the new one.
func TestAChangedIdentifierKeyLosesNobody(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	importCustomers(t, s, "identifier,name\n6001,Maya\n")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	addIdentifierKey(t, dir)
	s = openStore(t, dir)
	if r := importCustomers(t, s, "identifier,name\n6001,Maya\n"); r.Unchanged != 1 {
		t.Errorf("import under the new key: %+v", r)
	}
	before := profile(t, s, "6001")
	commit(t, s, edge.Entry{Word: "any"})
	hashes := s.opt.Seal.Hashes(edge.Identifier{Kind: edge.KindCard, Value: "6001"})
	var key int
	if err := s.read.QueryRow(`SELECT key FROM identifiers JOIN held USING (hash, customer) WHERE hash = ?`, hashes[0].Sum[:]).Scan(&key); err != nil || key != 2 {
		t.Errorf("key %d, %v", key, err)
	}
	if after := profile(t, s, "6001"); after.Customer != before.Customer {
		t.Errorf("%+v, before %+v", after.Customer, before.Customer)
	}
}

func addIdentifierKey(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, seal.KeyFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(data, &keys); err != nil {
		t.Fatal(err)
	}
	fresh := map[string]any{"id": 2, "key": keys["box"]}
	keys["identifiers"] = append([]any{fresh}, keys["identifiers"].([]any)...)
	if data, err = json.Marshal(keys); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
