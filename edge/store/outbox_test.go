// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/exchange"
)

// joinChain makes a store tell head office, which has taken all that it was offered.
func joinChain(t testing.TB, s *Store) {
	t.Helper()
	if err := errors.Join(s.opt.Seal.Adopt(office(t).ChainKeys()), s.StartOutbox(t.Context()), s.Offer(t.Context(), nil)); err != nil {
		t.Fatal(err)
	}
	drain(t, s)
}

// drain sends all that waits to a head office that takes everything.
func drain(t testing.TB, s *Store) (all []edge.Record) {
	t.Helper()
	for {
		p, err := s.Place(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		records := pending(t, s)
		if len(records) == 0 {
			return all
		}
		all = append(all, records...)
		upto := records[len(records)-1].Seq
		if err := errors.Join(s.Trying(t.Context(), upto), s.Acknowledged(t.Context(), p.Box, upto)); err != nil {
			t.Fatal(err)
		}
	}
}

func pending(t testing.TB, s *Store) []edge.Record {
	t.Helper()
	p, err := s.Place(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	records, err := s.Pending(t.Context(), p.Acked, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func transaction(t testing.TB, s *Store, f func(w *work) error) {
	t.Helper()
	if err := s.working(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// scene is a store with Maya in it, and what a test of the outbox does to her.
type scene struct {
	*testing.T
	*Store
	clock  *clock
	maya   edge.Profile
	prompt edge.Prompt
}

func newScene(t *testing.T) *scene {
	c := newClock()
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = c.Now })
	p := maya(t, s)
	prompt := edge.Prompt{ID: newID(), Customer: p.Customer.Ref, Remember: &edge.Line{Text: "She sails", Fact: p.Facts[0].ID, Rule: "r"}}
	commit(t, s, edge.Entry{Prompt: &prompt})
	c.add(time.Minute)
	return &scene{t, s, c, p, prompt}
}

func (s *scene) note(word, text string) string {
	id := newID()
	commit(s.T, s.Store, edge.Entry{Word: word, Fact: &edge.Fact{ID: id, Customer: s.maya.Customer.Ref, Kind: edge.FactPromise, Text: text,
		ToldTo: "Jo", Place: "harbour · 3", At: s.clock.Now()}})
	return id
}

func (s *scene) visit(checkout string, of edge.CustomerRef) {
	commit(s.T, s.Store, edge.Entry{Visit: &edge.Visit{Customer: of, At: s.clock.Now(), Store: "harbour", Lane: "3", Checkout: checkout,
		Items: []edge.Item{{SKU: "1", Name: "Milk", Quantity: 2, AmountMinor: 398}}, Total: edge.Money{Minor: 398, Currency: "EUR"}}})
}

func (s *scene) imports(csv string) { importCustomers(s.T, s.Store, csv) }

// deeds are what happens in a store, and what head office is told of it. Each is done to a fresh scene.
var deeds = []struct {
	name string
	do   func(s *scene)
	want func(s *scene, got []edge.Record) error
}{
	{"a note", func(s *scene) { s.note("w", "a call") }, func(s *scene, got []edge.Record) error {
		return fields(got, edge.RecordFact, edge.Fields{
			edge.FieldText: {Value: "a call", Rank: edge.RankTold}, edge.FieldToldTo: {Value: "Jo", Rank: edge.RankTold},
			edge.FieldPlace: {Value: "harbour · 3", Rank: edge.RankTold}, edge.FieldHeld: {Value: "2026-11-22T09:01:00Z", Rank: edge.RankTold}})
	}},
	{"a fact that is resolved", func(s *scene) {
		commit(s.T, s.Store, edge.Entry{Word: "w", Close: &edge.CloseFact{ID: s.maya.Facts[0].ID, At: s.clock.Now()}})
	}, func(s *scene, got []edge.Record) error {
		return fields(got, edge.RecordFact, edge.Fields{
			edge.FieldText: {Value: "sailing"}, edge.FieldPlace: {Value: edge.PlaceImport}, edge.FieldHeld: {Value: "2026-11-22T09:00:00Z"},
			edge.FieldClosed: {Value: "2026-11-22T09:01:00Z", Rank: edge.RankCorrected}})
	}},
	{"a fact that is confirmed", func(s *scene) { commit(s.T, s.Store, edge.Entry{Word: "w", Renew: s.maya.Facts[0].ID}) },
		func(s *scene, got []edge.Record) error {
			return fields(got, edge.RecordFact, edge.Fields{
				edge.FieldText: {Value: "sailing"}, edge.FieldPlace: {Value: edge.PlaceImport},
				edge.FieldHeld: {Value: "2026-11-22T09:01:00Z", Rank: edge.RankCorrected}})
		}},
	{"a line that is wrong", func(s *scene) {
		commit(s.T, s.Store, edge.Entry{Word: "w", Close: &edge.CloseFact{ID: s.maya.Facts[0].ID, At: s.clock.Now()},
			Outcome: &edge.Outcome{Word: "w", Prompt: s.prompt.ID, Kind: "wrong", Line: "remember", At: s.clock.Now()}})
	}, func(s *scene, got []edge.Record) error {
		if err := kinds(got, edge.RecordOutcome, edge.RecordFact); err != nil {
			return err
		}
		o := got[0].Outcome
		if o.Prompt != s.prompt.ID || o.Customer != s.maya.Customer.ID || o.Kind != "wrong" || o.Line != "remember" || o.ID == "" || !o.At.Equal(s.clock.Now()) {
			return fmt.Errorf("outcome %+v", o)
		}
		return nil
	}},
	{"a note that is taken back", func(s *scene) {
		s.note("w", "a call")
		drain(s.T, s.Store)
		commit(s.T, s.Store, edge.Entry{Word: "w2", Withdraw: "w"})
	}, func(s *scene, got []edge.Record) error {
		if err := kinds(got, edge.RecordFact); err != nil {
			return err
		}
		if f := got[0].Fact; !f.Gone || f.Fields != nil || f.Kind != edge.FactPromise || f.Customer != s.maya.Customer.ID {
			return fmt.Errorf("fact %+v", f)
		}
		return nil
	}},
	{"a note that is taken back before it was sent", func(s *scene) {
		s.note("w", "a call")
		commit(s.T, s.Store, edge.Entry{Word: "w2", Withdraw: "w"})
	}, func(s *scene, got []edge.Record) error {
		if err := kinds(got, edge.RecordFact); err != nil {
			return err
		}
		if f := got[0].Fact; !f.Gone || f.Kind != edge.FactPromise {
			return fmt.Errorf("fact %+v", f)
		}
		return nil
	}},
	{"a closing that is taken back", func(s *scene) {
		commit(s.T, s.Store, edge.Entry{Word: "w", Close: &edge.CloseFact{ID: s.maya.Facts[0].ID, At: s.clock.Now()}})
		drain(s.T, s.Store)
		commit(s.T, s.Store, edge.Entry{Word: "w2", Withdraw: "w"})
	}, func(s *scene, got []edge.Record) error {
		return fields(got, edge.RecordFact, edge.Fields{
			edge.FieldText: {Value: "sailing"}, edge.FieldPlace: {Value: edge.PlaceImport}, edge.FieldHeld: {Value: "2026-11-22T09:00:00Z"},
			edge.FieldClosed: {Rank: edge.RankCorrected}})
	}},
	{"feedback that is taken back before it was sent", func(s *scene) {
		commit(s.T, s.Store, edge.Entry{Word: "w", Outcome: &edge.Outcome{Word: "w", Prompt: s.prompt.ID, Kind: "used", At: s.clock.Now()}})
		commit(s.T, s.Store, edge.Entry{Word: "w2", Withdraw: "w"})
	}, func(s *scene, got []edge.Record) error { return kinds(got, edge.RecordVoid) }},
	{"a visit", func(s *scene) { s.visit("k1", s.maya.Customer.Ref) }, func(s *scene, got []edge.Record) error {
		if err := kinds(got, edge.RecordVisit); err != nil {
			return err
		}
		v := got[0].Visit
		if v.Customer != s.maya.Customer.ID || v.Checkout != "k1" || v.Lane != "3" || v.Store != "" || v.Total.Minor != 398 ||
			len(v.Items) != 1 || v.Items[0] != (edge.Item{SKU: "1", Name: "Milk", Quantity: 2, AmountMinor: 398}) || len(v.ID) != 32 {
			return fmt.Errorf("visit %+v", v)
		}
		return nil
	}},
	{"a stranger's visit that is given to her", func(s *scene) {
		s.visit("k1", edge.Stranger)
		commit(s.T, s.Store, edge.Entry{Attach: &edge.Attach{Lane: "3", Checkout: "k1", Customer: s.maya.Customer.Ref}})
	}, func(s *scene, got []edge.Record) error {
		if err := kinds(got, edge.RecordVisit, edge.RecordVisit); err != nil {
			return err
		}
		if got[0].Visit.ID != got[1].Visit.ID || got[1].Visit.Customer != s.maya.Customer.ID {
			return fmt.Errorf("visits %+v %+v", got[0].Visit, got[1].Visit)
		}
		return nil
	}},
	{"a new customer with a fact", func(s *scene) {
		s.imports("customer,identifier,name,consent,fact.interest\nc2,6002,Ada,remember,chess\n")
	},
		func(s *scene, got []edge.Record) error {
			if err := kinds(got[1:], edge.RecordFact); err != nil {
				return err
			}
			c := got[0].Customer
			if len(c.Identifiers) != 2 || got[1].Fact.Customer != c.ID {
				return fmt.Errorf("customer %+v, fact %+v", c, got[1].Fact)
			}
			return fields(got[:1], edge.RecordCustomer, edge.Fields{edge.FieldName: {Value: "Ada"}, edge.FieldChain: {Value: "c2"},
				edge.FieldConsent: {Value: "remember", Rank: edge.RankTold}})
		}},
	{"another card and name", func(s *scene) { s.imports("customer,identifier,name\nc1,6009,Maja\n") }, func(s *scene, got []edge.Record) error {
		if len(got) == 1 && len(got[0].Customer.Identifiers) != 3 {
			return fmt.Errorf("identifiers %+v", got[0].Customer.Identifiers)
		}
		return fields(got, edge.RecordCustomer, edge.Fields{edge.FieldName: {Value: "Maja"}, edge.FieldSay: {Value: "MY-uh"}, edge.FieldChain: {Value: "c1"},
			edge.FieldConsent: {Value: "remember"}})
	}},
	{"the same file again", func(s *scene) { maya(s.T, s.Store) }, func(s *scene, got []edge.Record) error { return kinds(got) }},
	{"a new fact of a known customer", func(s *scene) { s.imports("customer,fact.interest\nc1,rowing\n") },
		func(s *scene, got []edge.Record) error { return kinds(got, edge.RecordFact) }},
	{"consent to less, with words on their way", func(s *scene) {
		s.note("w", "a call")
		s.visit("k1", s.maya.Customer.Ref)
		commit(s.T, s.Store, edge.Entry{Outcome: &edge.Outcome{Word: "v", Prompt: s.prompt.ID, Kind: "used", At: s.clock.Now()}})
		s.imports("customer,consent\nc1,recognise\n")
	}, func(s *scene, got []edge.Record) error {
		if err := kinds(got, edge.RecordVoid, edge.RecordVisit, edge.RecordVoid, edge.RecordCustomer); err != nil {
			return err
		}
		if n := count(s.T, s.Store, `SELECT count(*) FROM outbox WHERE customer IS NOT NULL`); got[1].Visit.Customer != "" || n != 1 {
			return fmt.Errorf("visit %+v, and %d rows name her", got[1].Visit, n)
		}
		if c := got[3].Customer; c.Unlearnt.IsZero() || c.Unlearnt != c.Fields[edge.FieldConsent].At {
			return fmt.Errorf("customer %+v", c)
		}
		return fields(got[3:], edge.RecordCustomer, edge.Fields{edge.FieldName: {Value: "Maya"}, edge.FieldSay: {Value: "MY-uh"},
			edge.FieldChain: {Value: "c1"}, edge.FieldConsent: {Value: "recognise", Rank: edge.RankTold}})
	}},
	{"consent to nothing", func(s *scene) { s.imports("customer,name,consent\nc1,Maya,none\n") }, func(s *scene, got []edge.Record) error {
		return fields(got, edge.RecordCustomer, edge.Fields{edge.FieldName: {Epoch: 1}, edge.FieldSay: {Epoch: 1}, edge.FieldChain: {Value: "c1"},
			edge.FieldConsent: {Value: "none", Rank: edge.RankTold}})
	}},
	{"consent after none", func(s *scene) {
		s.imports("customer,consent\nc1,none\n")
		drain(s.T, s.Store)
		s.clock.add(time.Minute)
		s.imports("customer,name,consent\nc1,Maja,remember\n")
	}, func(s *scene, got []edge.Record) error {
		return fields(got, edge.RecordCustomer, edge.Fields{edge.FieldName: {Value: "Maja", Epoch: 1}, edge.FieldSay: {Epoch: 1},
			edge.FieldChain: {Value: "c1"}, edge.FieldConsent: {Value: "remember", Rank: edge.RankTold}})
	}},
	{"her card on the till, under the key that the box had alone", func(s *scene) {
		profile(s.T, s.Store, "6001")
		commit(s.T, s.Store, edge.Entry{Word: "any"})
	}, func(s *scene, got []edge.Record) error {
		if err := kinds(got, edge.RecordCustomer); err != nil {
			return err
		}
		want := s.opt.Seal.Hashes(edge.Identifier{Kind: edge.KindCard, Value: "6001"})[0]
		if !slices.ContainsFunc(got[0].Customer.Identifiers, func(i edge.IdentifierHash) bool {
			return i.Key == want.Key && string(i.Sum) == string(want.Sum[:]) && i.Kind == edge.KindCard
		}) {
			return fmt.Errorf("identifiers %+v", got[0].Customer.Identifiers)
		}
		return nil
	}},
	{"imported visits", func(s *scene) {
		csv := "customer,at,checkout,sku\nc1,2026-01-01,1,7\nc1,2026-01-02,1,7\n"
		if _, err := s.ImportVisits(s.T.Context(), exchange.Visits(strings.NewReader(csv), exchange.Options{}), edge.ImportOptions{}); err != nil {
			s.T.Fatal(err)
		}
	}, func(s *scene, got []edge.Record) error {
		if err := kinds(got, edge.RecordVisit, edge.RecordVisit); err != nil {
			return err
		}
		if got[0].Visit.ID == got[1].Visit.ID || len(got[0].Visit.ID) != 36 || got[0].Visit.Customer != s.maya.Customer.ID {
			return fmt.Errorf("visits %+v %+v", got[0].Visit, got[1].Visit)
		}
		return nil
	}},
	{"a customer who is forgotten", func(s *scene) {
		s.note("w", "a call")
		s.visit("k1", s.maya.Customer.Ref)
		commit(s.T, s.Store, edge.Entry{Outcome: &edge.Outcome{Word: "v", Prompt: s.prompt.ID, Kind: "used", At: s.clock.Now()}})
		s.imports("customer,name\nc1,Maja\n")
		forget(s.T, s.Store, edge.KindCard, "6001")
	}, func(s *scene, got []edge.Record) error {
		if err := kinds(got, edge.RecordVoid, edge.RecordVisit, edge.RecordVoid, edge.RecordVoid); err != nil {
			return err
		}
		if got[1].Visit.Customer != "" {
			return fmt.Errorf("visit %+v", got[1].Visit)
		}
		return nil
	}},
}

// kinds says what is wrong with records that should be of some kinds.
func kinds(got []edge.Record, want ...edge.RecordKind) error {
	var have []edge.RecordKind
	for _, r := range got {
		have = append(have, r.Kind)
	}
	if !slices.Equal(have, want) {
		return fmt.Errorf("told %v, want %v", have, want)
	}
	return nil
}

// fields compares the one record's fields but for their stamps, each of which has to be one.
func fields(got []edge.Record, kind edge.RecordKind, want edge.Fields) error {
	if err := kinds(got, kind); err != nil {
		return err
	}
	var have edge.Fields
	if kind == edge.RecordFact {
		have = got[0].Fact.Fields
	} else {
		have = got[0].Customer.Fields
	}
	if len(have) != len(want) {
		return fmt.Errorf("fields %+v", have)
	}
	for name, each := range have {
		if each.At.IsZero() || each.At.Origin == "" {
			return fmt.Errorf("%s has no stamp", name)
		}
		if each.At = want[name].At; each != want[name] {
			return fmt.Errorf("%s: %+v, want %+v", name, each, want[name])
		}
	}
	return nil
}

func TestWhatHappensIsTold(t *testing.T) {
	for _, d := range deeds {
		t.Run(d.name, func(t *testing.T) {
			s := newScene(t)
			joinChain(t, s.Store)
			poked := false
			select {
			case <-s.Changed():
			default:
			}
			d.do(s)
			select {
			case <-s.Changed():
				poked = true
			default:
			}
			got := pending(t, s.Store)
			if err := d.want(s, got); err != nil {
				t.Error(err)
			}
			if poked != (len(got) > 0) {
				t.Errorf("whoever sends was told: %v, of %d records", poked, len(got))
			}
		})
	}
}

// TestABoxThatWorksAloneTellsNobody: neither rows nor orders nor the ids of those who are gone.
func TestABoxThatWorksAloneTellsNobody(t *testing.T) {
	for _, d := range deeds {
		s := newScene(t)
		d.do(s)
		for _, table := range []string{"outbox", "orders WHERE told <> 4", "gone"} { // 4: kept for backups
			if n := count(t, s.Store, `SELECT count(*) FROM `+table); n != 0 {
				t.Errorf("%s: %d rows in %s", d.name, n, table)
			}
		}
	}
}

// TestWhatIsToldIsWrittenWithIt: when the transaction fails, or the entry, neither is there.
func TestWhatIsToldIsWrittenWithIt(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	bad := edge.Entry{Visit: &edge.Visit{Customer: s.maya.Customer.Ref, At: s.clock.Now(), Lane: "3", Checkout: "x"},
		Fact: &edge.Fact{ID: "no uuid", Customer: s.maya.Customer.Ref, Kind: edge.FactPraise}}
	good := edge.Entry{Visit: &edge.Visit{Customer: s.maya.Customer.Ref, At: s.clock.Now(), Lane: "3", Checkout: "y"}}
	commit(t, s.Store, bad, good)
	got := pending(t, s.Store)
	if err := kinds(got, edge.RecordVisit); err != nil || got[0].Visit.Checkout != "y" {
		t.Errorf("%v: %+v", err, got)
	}
	err := s.working(t.Context(), func(w *work) error {
		w.tellOf(told{kind: edge.RecordCustomer, customer: s.maya.Customer.Ref})
		if err := w.flush(); err != nil {
			return err
		}
		return sql.ErrTxDone
	})
	if err == nil || len(pending(t, s.Store)) != 1 {
		t.Error("a row outlives its transaction")
	}
}

// TestOneRowIsEnoughWhileItWaits, and not once it may have been sent.
func TestOneRowIsEnoughWhileItWaits(t *testing.T) {
	s := newScene(t)
	joinChain(t, s.Store)
	id := s.note("w1", "a call")
	commit(t, s.Store, edge.Entry{Word: "w2", Renew: id}, edge.Entry{Word: "w3", Renew: id})
	s.imports("customer,name\nc1,Maja\n")
	s.imports("customer,name\nc1,Mia\n")
	if n := count(t, s.Store, `SELECT count(*) FROM outbox`); n != 2 {
		t.Errorf("%d rows", n)
	}
	got := pending(t, s.Store)
	if err := kinds(got, edge.RecordFact, edge.RecordCustomer); err != nil || got[1].Customer.Fields[edge.FieldName].Value != "Mia" {
		t.Fatalf("%v: %+v", err, got)
	}
	// Read is as good as sent: it may be on its way.
	commit(t, s.Store, edge.Entry{Word: "w4", Close: &edge.CloseFact{ID: id, At: s.clock.Now()}})
	again := pending(t, s.Store)
	if err := kinds(again, edge.RecordFact, edge.RecordCustomer, edge.RecordFact); err != nil || again[0].ID != got[0].ID {
		t.Fatalf("%v: %+v", err, again)
	}
	// Sent, and then the box restarts: what was tried is remembered.
	if err := s.Trying(t.Context(), again[2].Seq); err != nil {
		t.Fatal(err)
	}
	s.Store = reopen(t, s.Store)
	commit(t, s.Store, edge.Entry{Word: "w5", Renew: s.maya.Facts[0].ID})
	s.imports("customer,name\nc1,Mara\n")
	commit(t, s.Store, edge.Entry{Word: "w6", Withdraw: "w4"})
	if err := kinds(pending(t, s.Store), edge.RecordFact, edge.RecordCustomer, edge.RecordFact, edge.RecordFact, edge.RecordCustomer, edge.RecordFact); err != nil {
		t.Error(err)
	}
}

func reopen(t testing.TB, s *Store) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return openStore(t, s.opt.Dir, func(o *Options) { o.Now, o.OutboxBytes, o.StoreID = s.opt.Now, s.opt.OutboxBytes, s.opt.StoreID })
}
