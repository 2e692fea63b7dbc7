// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"crypto/rand"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"redbench/edge"
	"redbench/sync/hq"
	"redbench/sync/wire"
)

// pages asks for everything after the box's cursor, as it travels.
func (b *box) pages() (all []edge.Change) {
	b.o.t.Helper()
	for more := true; more; {
		page, err := b.o.Changes(b.o.t.Context(), b.store, b.cursor, 0)
		must(b.o.t, err)
		data, err := wire.EncodePage(nil, page)
		must(b.o.t, err)
		page, err = wire.DecodePage(data)
		must(b.o.t, err)
		all = append(all, page.Changes...)
		b.cursor, more = page.Cursor, page.More
	}
	return all
}

func tombstones(n int) (out [][]byte) {
	for range n {
		t := make([]byte, 32)
		_, _ = rand.Read(t)
		out = append(out, t)
	}
	return out
}

// One store's order must not stop the others from hearing of theirs.
func TestAHugeOrderIsPassedOnInParts(t *testing.T) {
	o := newOffice(t)
	all := o.enrolled("harbour", "hill")
	harbour, hill := all[0], all[1]
	anna := harbour.customer("Anna", card(1))
	harbour.tell(told(anna)...)
	hill.pages()

	order := edge.Erasure{ID: newID(), At: noon, Stamp: harbour.stamp(), Customers: []string{anna.ID}, Tombstones: tombstones(10_000)}
	must(t, o.Orders(t.Context(), "harbour", []edge.Order{{Erasure: &order}}))
	var got [][]byte
	var ids []string
	orders := map[string]bool{}
	for _, c := range hill.pages() {
		if c.Kind != edge.ChangeErasure {
			continue
		}
		orders[c.Erasure.ID] = true
		ids, got = append(ids, c.Erasure.Customers...), append(got, c.Erasure.Tombstones...)
		if c.Erasure.Stamp != order.Stamp {
			t.Errorf("a part has the stamp %v, want that of the order", c.Erasure.Stamp)
		}
	}
	if len(got) <= 10_000 || !slices.Equal(ids, []string{anna.ID}) || !orders[order.ID] || len(orders) != 6 {
		t.Errorf("%d tombstones, ids %q in %d orders", len(got), ids, len(orders))
	}
	owing, err := o.Owing(t.Context())
	must(t, err)
	of := map[string]int{}
	for _, each := range owing {
		of[each.Store]++
	}
	if of["hill"] != len(orders) || of["harbour"] != len(orders)-1 {
		t.Errorf("receipts owed: %v, want one of each part that a store has not carried out", of)
	}
	views, err := o.Stores(t.Context())
	must(t, err)
	for _, v := range views {
		if v.OwedErasures != of[v.ID] || v.OwedSince.IsZero() {
			t.Errorf("%s owes %d since %v", v.ID, v.OwedErasures, v.OwedSince)
		}
	}
}

// An order that rests in a form that cannot travel is told as far as it can.
func TestAnOrderThatCannotTravelIsToldInPart(t *testing.T) {
	o := newOffice(t)
	hill := o.enrolled("hill")[0]
	hill.pages()
	her := newID()
	must(t, o.db.Update(t.Context(), func(tx hq.Tx) error {
		order := edge.Erasure{ID: newID(), At: noon, Stamp: hill.stamp(), Customers: []string{her}, Tombstones: append(tombstones(10_001), []byte("short"))}
		return tx.PutErasure(hq.ErasureRow{Pos: 1_000, Order: order})
	}))
	all := hill.pages()
	if kinds(all) != "erasure" || !slices.Equal(all[0].Erasure.Customers, []string{her}) || len(all[0].Erasure.Tombstones) != 2_000 {
		t.Errorf("told %q", kinds(all))
	}
}

func madeUp(b *box, word string, n, size int) edge.Fields {
	fields := edge.Fields{}
	for i := range n {
		fields.Tell(fmt.Sprint(word, i), strings.Repeat("€", size/3), b.stamp(), edge.RankTold)
	}
	return fields
}

// What one store tells of a customer must not stop every store that knows her.
func TestAPoisonedCustomerStopsNobody(t *testing.T) {
	o := newOffice(t)
	all := o.enrolled("harbour", "hill")
	harbour, hill := all[0], all[1]
	for n := range 20 {
		s := harbour.customer(strings.Repeat("€", 250<<10/3), card(n))
		for _, name := range []string{edge.FieldSay, edge.FieldAddress, edge.FieldLanguage, edge.FieldSince} {
			s.Fields.Tell(name, strings.Repeat("é", 125<<10), harbour.stamp(), edge.RankTold)
		}
		f := harbour.fact(s.ID, strings.Repeat("€", 250<<10/3))
		f.Fields = f.Fields.Merge(madeUp(harbour, "z", 60, 100))
		one, two := s, s
		one.Fields, two.Fields = s.Fields.Merge(madeUp(harbour, "x", 50, 100)), s.Fields.Merge(madeUp(harbour, "y", 50, 100))
		harbour.tell(told(one, two, f)...)
		hill.tell(told(hill.customer("", card(n)))...)
	}
	seen := map[edge.ChangeKind]int{}
	for _, c := range hill.pages() {
		seen[c.Kind]++
		var fields edge.Fields
		switch {
		case c.Customer != nil:
			fields = c.Customer.Fields
		case c.Fact != nil:
			fields = c.Fact.Fields
		}
		for name, r := range fields {
			if len(name) == 2 || len(r.Value) > 4<<10 || !strings.HasSuffix(r.Value, "€") && len(r.Value) > 4000 && name == edge.FieldText {
				t.Errorf("told of %q with %d bytes", name, len(r.Value))
			}
		}
	}
	if seen[edge.ChangeCustomer] < 20 || seen[edge.ChangeFact] != 20 {
		t.Errorf("told %v, want 20 customers and 20 facts", seen)
	}
}

// What rests in a form that cannot be read or travel is left out; what stands behind it is not.
func TestWhatCannotTravelStopsNeitherPageNorLookupNorFeed(t *testing.T) {
	o := newOffice(t)
	all := o.enrolled("harbour", "hill")
	harbour, hill := all[0], all[1]
	anna := harbour.customer("Anna", card(1))
	harbour.tell(told(anna, harbour.fact(anna.ID, "rides"), harbour.visit(anna.ID, 1), harbour.visit(anna.ID, 2))...)
	hill.tell(told(hill.customer("Anna", card(1)))...)
	must(t, o.db.Update(t.Context(), func(tx hq.Tx) error {
		known, err := tx.Numbers([]string{anna.ID})
		must(t, err)
		number, at := known[anna.ID].Number, noon.UnixMicro()
		must(t, tx.PutEntities([]hq.Entity{
			{Pos: 1_001, Kind: hq.EntityVisit, ID: "harbour/bad", Store: "harbour", Number: number, At: at + 9, Body: []byte(`{"id":`)},
			{Pos: 1_002, Kind: hq.EntityVisit, ID: "harbour/a b", Store: "harbour", Number: number, At: at + 8, Body: []byte(`{}`)},
			{Pos: 1_003, Kind: hq.EntityOutcome, ID: "torn", Store: "harbour", Number: number, At: at, Body: []byte(`[`)},
			{Pos: 1_004, Kind: hq.EntitySummary, ID: "torn", Store: "harbour", At: at, Body: []byte(`[`)},
		}))
		return nil
	}))
	found, err := o.Lookup(t.Context(), "hill", anna.Identifiers)
	must(t, err)
	must(t, wire.CheckFound(&found))
	if len(found.Visits) != 2 || len(found.Facts) != 1 {
		t.Errorf("found %d visits and %d facts, want 2 and 1", len(found.Visits), len(found.Facts))
	}
	harbour.tell(told(harbour.fact(anna.ID, "sings"))...)
	rumour, plain := harbour.fact(anna.ID, "it is said"), harbour.fact(anna.ID, "paints")
	rumour.Kind = "rumour"
	harbour.tell(told(rumour, plain)...)
	if found, err = o.Lookup(t.Context(), "hill", anna.Identifiers); err != nil || wire.CheckFound(&found) != nil || len(found.Facts) != 3 {
		t.Errorf("found %d facts, %v", len(found.Facts), err)
	}
	hill.cursor = ""
	facts, visits := 0, 0
	for _, c := range hill.pages() {
		if c.Kind == edge.ChangeFact {
			facts++
		}
		visits = max(visits, len(c.Visits))
	}
	if facts != 3 || visits != 2 {
		t.Errorf("told of %d facts and %d visits, want 3 and 2", facts, visits)
	}
	if got := len(o.only("outcome")) + len(o.only("summary")); got != 0 {
		t.Errorf("%d torn items in the feed", got)
	}
	if got := len(o.only("fact")); got != 4 {
		t.Errorf("%d facts in the feed, want 4", got)
	}
}

// A lookup is answered while she waits, and in one message.
func TestALookupBringsTheNewestFactsThatFit(t *testing.T) {
	o := newOffice(t)
	all := o.enrolled("harbour", "hill")
	harbour := all[0]
	for n, want := range map[int][2]int{100: {200, 200}, 4 << 10: {30, 199}} {
		anna := harbour.customer("Anna", card(n))
		states := []any{anna}
		for i := range 300 {
			f := harbour.fact(anna.ID, fmt.Sprintf("%03d %s", i, strings.Repeat("x", n)))
			f.Fields.Tell(edge.FieldHeld, noon.Format("2006-01-02T15:04:05Z"), harbour.stamp(), edge.RankTold)
			states = append(states, f)
		}
		harbour.tell(told(states...)...)
		found, err := o.Lookup(t.Context(), "hill", anna.Identifiers)
		must(t, err)
		data, err := wire.Marshal(found)
		must(t, err)
		if len(found.Facts) < want[0] || len(found.Facts) > want[1] || len(data) > wire.MaxMessage || !strings.HasPrefix(found.Facts[0].Fields[edge.FieldText].Value, "299 ") {
			t.Errorf("facts of %d bytes: %d of them, %d bytes", n, len(found.Facts), len(data))
		}
	}
}

func TestAPageHoldsAThousandChangesAtTheMost(t *testing.T) {
	o := newOffice(t)
	all := o.enrolled("harbour", "hill")
	harbour := all[0]
	anna := harbour.customer("Anna", card(1))
	states := []any{anna}
	for range 1_100 {
		states = append(states, harbour.fact(anna.ID, "rides"))
	}
	harbour.tell(told(states...)...)
	page, err := o.Changes(t.Context(), "harbour", "", 20_000)
	must(t, err)
	if len(page.Changes) != 1_000 || !page.More {
		t.Errorf("%d changes, more: %v", len(page.Changes), page.More)
	}
}

// A page is cut by the bytes that it has, not by how many changes it holds.
func TestAPageIsCutByItsBytes(t *testing.T) {
	o := newOffice(t)
	harbour := o.enrolled("harbour")[0]
	anna := harbour.customer("Anna", card(1))
	states := []any{anna}
	for range 400 {
		f := harbour.fact(anna.ID, strings.Repeat("\"", 4<<10))
		f.Fields.Tell(edge.FieldPlace, strings.Repeat("\"", 4<<10), harbour.stamp(), edge.RankTold)
		states = append(states, f)
	}
	harbour.tell(told(states...)...)
	for more, count := true, 0; more; {
		page, err := o.Changes(t.Context(), "harbour", harbour.cursor, 1_000)
		must(t, err)
		_, err = wire.EncodePage(nil, page)
		must(t, err)
		count += len(page.Changes)
		harbour.cursor, more = page.Cursor, page.More
		if !more && count < 401 {
			t.Errorf("%d changes", count)
		}
	}
}

// A reader of the feed is told when it is cut for its size.
func TestTheFeedIsReadByBytes(t *testing.T) {
	o := newOffice(t)
	harbour := o.enrolled("harbour")[0]
	var states []any
	for n := range 250 {
		each := outcome("", fmt.Sprint(n), "seen")
		each.Line = strings.Repeat("x", 20_000)
		states = append(states, each)
	}
	harbour.tell(told(states...)...)
	count, after, rounds := 0, "", 0
	for more := true; more; rounds++ {
		items, next, again, err := o.FeedWithin(t.Context(), after, 10_000, 1<<20)
		must(t, err)
		if len(items) > 60 {
			t.Fatalf("%d items in a megabyte", len(items))
		}
		count, after, more = count+len(items), next, again
	}
	if count != 250 || rounds < 4 {
		t.Errorf("%d items in %d rounds", count, rounds)
	}
	items, _, more, err := o.FeedWithin(t.Context(), "", 250, math.MaxInt)
	must(t, err)
	if len(items) != 250 {
		t.Errorf("%d items, more: %v", len(items), more)
	}
}
