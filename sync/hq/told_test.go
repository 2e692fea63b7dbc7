// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"redbench/edge"
	"redbench/sync/wire"
)

// facts are those that are known, without those that are gone.
func (o *office) facts() []hqItem {
	o.t.Helper()
	return slices.DeleteFunc(o.only("fact"), func(i hqItem) bool { return i.Fact.Gone })
}

// alone enrols a box that had worked alone, under a key of its own.
func (o *office) alone(name string, n int) *box {
	o.t.Helper()
	code, err := o.AddStore(o.t.Context(), name, nil)
	must(o.t, err)
	key := edge.Key{ID: uint32(1000 + n), Key: fmt.Appendf(nil, "%032d", n)}
	_, err = o.Enrol(o.t.Context(), wire.EnrolRequest{Code: code, Store: name, Version: "1", Keys: []edge.Key{key}})
	must(o.t, err)
	return &box{o: o, store: name, id: newID(), stamps: edge.NewClock(name, edge.Stamp{})}
}

// imported is a customer of the chain's file as box n holds her: her card is hashed under the box's own key.
func (b *box) imported(i, n int) edge.CustomerState {
	s := b.chained(fmt.Sprint("customer ", i), fmt.Sprint("C", i))
	s.Identifiers = append(s.Identifiers, edge.IdentifierHash{Key: uint32(1000 + n), Sum: fmt.Appendf(nil, "%016d%016d", n, i), Kind: edge.KindCard})
	return s
}

// TestAFileThatManyBoxesHoldIsNotToldOverAndOver: each store is told of each customer a bounded number of times, however many
// stores enrol after it.
func TestAFileThatManyBoxesHoldIsNotToldOverAndOver(t *testing.T) {
	boxes, customers := 30, 1000
	if testing.Short() {
		boxes, customers = 10, 50
	}
	o := newOffice(t)
	var all []*box
	toldCustomers := 0
	for n := range boxes {
		o.clock.forward(time.Minute)
		b := o.alone(fmt.Sprintf("store-%03d", n), n)
		var records []edge.Record
		for i := range customers {
			records = append(records, told(b.imported(i, n))...)
		}
		b.tell(records...)
		all = append(all, b)
		for _, each := range all {
			for _, c := range each.changes() {
				if c.Kind == edge.ChangeCustomer {
					toldCustomers++
					if len(c.Customer.Also) > 1 || len(c.Customer.Identifiers) > 2 {
						t.Fatalf("%s is told %d other ids and %d identifiers", each.store, len(c.Customer.Also), len(c.Customer.Identifiers))
					}
				}
			}
		}
	}
	if got := len(o.people()); got != customers {
		t.Fatalf("%d customers are known, want %d", got, customers)
	}
	rows := o.count(`SELECT max(pos) FROM changes`)
	t.Logf("%d boxes with the same %d customers: told %d times, the last position is %d", boxes, customers, toldCustomers, rows)
	if most := boxes * customers; toldCustomers > most {
		t.Errorf("customers were told %d times, want at most %d", toldCustomers, most)
	}
}

// TestACustomerOfManyStoresCanBeTold, whatever number of ids and hashes she has.
func TestACustomerOfManyStoresCanBeTold(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[0].customer("Maya", card(1))
	b[0].tell(told(maya)...)
	b[0].changes()
	for range 3 {
		many := b[1].customer("Maya", card(1))
		for i := range 900 {
			many.Also = append(many.Also, newID())
			many.Identifiers = append(many.Identifiers, edge.IdentifierHash{Key: many.Identifiers[0].Key, Kind: edge.KindPhone, Sum: fmt.Appendf(nil, "%032d", o.count(`SELECT count(*) FROM identifiers`)+i)})
		}
		b[1].tell(told(many)...)
	}
	b[1].cursor = ""
	for _, box := range b {
		page, err := o.Changes(t.Context(), box.store, box.cursor, 0)
		must(t, err)
		if len(page.Changes) != 1 {
			t.Errorf("%s is told %s", box.store, kinds(page.Changes))
		}
		if _, err := wire.EncodePage(nil, page); err != nil {
			t.Errorf("%s: %v", box.store, err)
		}
	}
	found, err := o.Lookup(t.Context(), "station", o.hashes(card(1)))
	must(t, err)
	must(t, wire.CheckFound(&found))
	if c := o.onlyPerson(); len(c.Also) > edge.MaxAlso {
		t.Errorf("the feed tells %d other ids", len(c.Also))
	}
	// All of her ids are still hers.
	done, err := o.Forget(t.Context(), card(1))
	if err != nil || !done.Known {
		t.Fatal(done, err)
	}
	if left := o.count(`SELECT count(*) FROM ids`); left != 0 {
		t.Errorf("%d ids are left", left)
	}
}

// TestWhoseWordLostIsToldWhatHolds, though nothing changed at head office: it need not have heard of the later stamp.
func TestWhoseWordLostIsToldWhatHolds(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya := b[0].customer("Maya", card(1))
	fact := b[0].fact(maya.ID, "she rides")
	b[0].tell(told(maya, fact)...)
	b[0].changes()
	o.clock.forward(time.Hour)
	b[1].stamps.Next(o.clock.Now())
	b[1].tell(told(b[1].customer("Maya", card(1)))...) // the same name, later
	again := fact
	again.Fields = again.Fields.Merge(nil)
	again.Fields.Tell(edge.FieldText, "she rides", b[1].stamp(), edge.RankTold)
	b[1].tell(told(again)...)
	b[1].changes()
	if c := b[0].changes(); len(c) != 0 {
		t.Fatalf("a later stamp of the same is told: %s", kinds(c))
	}
	early := b[0].stamp()
	early.Wall -= time.Minute.Microseconds() // its clock is behind
	maya.Fields = maya.Fields.Merge(nil)
	maya.Fields.Tell(edge.FieldName, "Mia", early, edge.RankTold)
	fact.Fields = fact.Fields.Merge(nil)
	fact.Fields.Tell(edge.FieldText, "she walks", early, edge.RankTold)
	b[0].tell(told(maya, fact)...)
	c := b[0].changes()
	if kinds(c) != "customer fact" || c[0].Customer.Fields[edge.FieldName].Value != "Maya" || c[1].Fact.Fields[edge.FieldText].Value != "she rides" {
		t.Errorf("it is told %s", kinds(c))
	}
	if c := b[1].changes(); len(c) != 0 {
		t.Errorf("the other is told %s", kinds(c))
	}
	// A clock that runs ahead is told of, so that the others' next word wins.
	ahead := edge.Stamp{Wall: o.clock.Now().AddDate(1, 0, 0).UnixMicro(), Origin: "station"}
	maya.Fields.Tell(edge.FieldName, "Maya", ahead, edge.RankTold)
	b[1].tell(told(maya)...)
	if c := b[0].changes(); kinds(c) != "customer" || c[0].Customer.Fields[edge.FieldName].At != ahead {
		t.Errorf("of a stamp of next year it is told %s", kinds(c))
	}
}

// TestAStoreIsToldThatTwoOfItsCustomersAreOne, also when it told of both in one batch.
func TestAStoreIsToldThatTwoOfItsCustomersAreOne(t *testing.T) {
	for _, together := range []bool{true, false} {
		o := newOffice(t)
		b := o.enrolled("harbour")[0]
		b.changes()
		one, two := b.customer("Maya", card(1)), b.chained("Maya", "C1", card(1))
		two.Fields[edge.FieldName], two.Fields[edge.FieldConsent] = one.Fields[edge.FieldName], one.Fields[edge.FieldConsent]
		two.Identifiers = append(two.Identifiers, o.hashes(edge.Identifier{Kind: edge.KindCustomer, Value: "C1"})...)
		if together {
			b.tell(told(one, two)...)
		} else {
			b.tell(told(one)...)
			b.changes()
			b.tell(told(two)...)
		}
		b.tell(told(two)...) // again, before it has heard
		c := b.changes()
		if kinds(c) != "customer" {
			t.Fatalf("together %t: it is told %s", together, kinds(c))
		}
		got := append([]string{c[0].Customer.ID}, c[0].Customer.Also...)
		slices.Sort(got)
		want := []string{one.ID, two.ID}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("together %t: ids %v, want %v", together, got, want)
		}
	}
}

// TestAReplacedBoxIsToldHerVisits: it begins with nothing, and knows the usual again.
func TestAReplacedBoxIsToldHerVisits(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya, ben := b[0].customer("Maya", card(1)), b[0].customer("Ben", card(2))
	ben.Fields.Tell(edge.FieldConsent, string(edge.ConsentRecognise), b[0].stamp(), edge.RankTold)
	b[0].tell(told(maya, ben)...)
	there := b[1].customer("Maya", card(1))
	b[1].tell(told(there, b[1].visit(there.ID, -50))...)
	for i := range 25 {
		b[0].tell(told(b[0].visit(maya.ID, -i))...)
	}
	for _, c := range b[0].changes() { // it begins, too
		if c.Customer != nil && c.Customer.ID != ben.ID && len(c.Visits) != 20 {
			t.Errorf("%d visits", len(c.Visits))
		}
	}
	o.clock.forward(time.Minute)
	maya.Fields = maya.Fields.Merge(nil)
	maya.Fields.Tell(edge.FieldName, "Mia", b[1].stamp(), edge.RankCorrected)
	b[1].tell(told(maya)...)
	if c := b[0].changes(); kinds(c) != "customer" || c[0].Visits != nil {
		t.Errorf("a change brings visits: %+v", c)
	}

	b[0].cursor = ""
	page, err := o.Changes(t.Context(), "harbour", "", 1)
	must(t, err)
	b[0].cursor = page.Cursor
	maya.Fields.Tell(edge.FieldName, "Maya", b[1].stamp(), edge.RankCorrected)
	b[1].tell(told(maya)...) // she moves behind all that it was to be told
	all := slices.Concat(page.Changes, b[0].changes())
	_, err = wire.EncodePage(nil, edge.Page{Changes: all, Cursor: "c"})
	must(t, err)
	visits := map[string]int{}
	for _, c := range all {
		if c.Customer == nil {
			continue
		}
		n := c.Customer.Fields[edge.FieldName].Value
		visits[n] = max(visits[n], len(c.Visits))
		for i, v := range c.Visits {
			if v.Customer != c.Customer.ID || v.Store != "harbour" || v.ID != fmt.Sprint("harbour-", -i) {
				t.Errorf("visit %d: %+v", i, v)
			}
		}
	}
	if visits["Maya"] != 20 || visits["Ben"] != 0 {
		t.Errorf("visits %v", visits)
	}
}

// TestTheFeedTellsWhatWasTakenBack: who reads it drops the facts, and gives the visits to nobody.
func TestTheFeedTellsWhatWasTakenBack(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	maya := b.customer("Maya", card(1))
	fact := b.fact(maya.ID, "she rides")
	b.tell(told(maya, fact, b.visit(maya.ID, -9))...)
	_, cursor, err := o.Feed(t.Context(), "", 100)
	must(t, err)
	o.clock.forward(time.Minute)
	b.tell(told(withConsent(b, maya, edge.ConsentRecognise))...)
	items, _, err := o.Feed(t.Context(), cursor, 100)
	must(t, err)
	var gone, strange bool
	for _, i := range items {
		gone = gone || i.Fact != nil && i.Fact.ID == fact.ID && i.Fact.Gone && len(i.Fact.Fields) == 0 && i.Fact.Customer == maya.ID
		strange = strange || i.Visit != nil && i.Visit.ID == "harbour--9" && i.Visit.Customer == ""
	}
	if !gone || !strange {
		t.Errorf("gone %t, a stranger's %t: %+v", gone, strange, items)
	}
	// Told anew, it is a fact again; and once she is another's, it can still be read.
	o.clock.forward(time.Minute)
	b.stamps.See(o.onlyPerson().Unlearnt)
	b.tell(told(withConsent(b, maya, edge.ConsentRemember))...)
	fact.Fields = fact.Fields.Merge(nil)
	fact.Fields.Tell(edge.FieldText, "she rides", b.stamp(), edge.RankTold)
	b.tell(told(fact)...)
	if all := o.only("fact"); len(all) != 1 || all[0].Fact.Gone {
		t.Errorf("told anew: %+v", all)
	}
	o.clock.forward(time.Minute)
	b.tell(told(withConsent(b, maya, edge.ConsentRecognise))...)
	b.tell(told(b.customer("Maya", card(2)), b.customer("Maya", card(1), card(2)))...)
	if all := o.only("fact"); len(all) != 1 || !all[0].Fact.Gone {
		t.Errorf("after a join: %+v", all)
	}
	if _, err := o.Forget(t.Context(), card(1)); err != nil {
		t.Fatal(err)
	}
	if all := o.only("fact"); len(all) != 0 {
		t.Errorf("after she was forgotten: %+v", all)
	}
}
