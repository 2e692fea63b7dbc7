// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"errors"
	"slices"
	"testing"

	"redbench/edge"
	"redbench/sync/wire"
)

func take(t *testing.T, b *box, records ...edge.Record) (uint64, error) {
	t.Helper()
	ack, err := b.o.Take(t.Context(), b.store, b.id, records)
	return ack.Upto, err
}

func TestABatchMayBeSentAgain(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	maya := b.customer("Maya", card(1))
	b.tell(told(maya, b.fact(maya.ID, "she rides"), b.visit(maya.ID, 1), outcome(maya.ID, "p1", "seen"), edge.Summary{ID: newID(), From: noon, Counts: map[string]int{"visit": 3}}, nil)...)
	before := len(o.all())
	for from := range b.sent {
		if upto, err := take(t, b, b.sent[from:]...); err != nil || upto != b.seq {
			t.Fatalf("the same from %d on: upto %d, %v", from, upto, err)
		}
	}
	if upto, err := take(t, b, b.sent[:2]...); err != nil || upto != b.seq {
		t.Errorf("an old prefix: upto %d, %v", upto, err)
	}
	if after := o.all(); len(after) != before || before != 5 {
		t.Errorf("%d things are known, before %d", len(after), before)
	}
}

// TestWhatAnotherOutboxToldIsNotToldAgain: a restored box offers everything under a new number; the feed does not repeat it.
func TestWhatAnotherOutboxToldIsNotToldAgain(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	maya := b.customer("Maya", card(1))
	all := told(maya, b.fact(maya.ID, "she rides"), b.visit(maya.ID, 1), outcome(maya.ID, "p1", "seen"), edge.Summary{ID: newID(), From: noon})
	b.tell(all...)
	before := o.all()
	b.id, b.seq = newID(), 0
	b.tell(all...)
	if after := o.all(); len(after) != len(before) || after[len(after)-1].Cursor != before[len(before)-1].Cursor {
		t.Errorf("known before: %d, after: %d; the feed goes on to %s", len(before), len(after), after[len(after)-1].Cursor)
	}
}

// TestASumThatIsTakenBackCountsNothing, whichever of the two comes first.
func TestASumThatIsTakenBackCountsNothing(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	sum := edge.Summary{ID: newID(), From: noon, Counts: map[string]int{"visit": 3}}
	back := edge.Summary{ID: sum.ID, From: noon}
	for _, each := range []edge.Summary{sum, sum, back, sum, back} {
		b.tell(told(each)...)
	}
	if got := o.only("summary"); len(got) != 1 || len(got[0].Summary.Counts) != 0 || got[0].Summary.ID != sum.ID {
		t.Errorf("%+v", got)
	}
	last := o.all()
	b.tell(told(back)...)
	if again := o.all(); again[len(again)-1].Cursor != last[len(last)-1].Cursor {
		t.Error("the same again is news")
	}
}

func TestAGapWaits(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	records := told(b.visit("", 1), b.visit("", 2), b.visit("", 3), b.visit("", 4))
	for i := range records {
		b.next(&records[i])
	}
	if upto, err := take(t, b, records[0], records[2], records[3]); err != nil || upto != 1 {
		t.Errorf("with a hole: upto %d, %v", upto, err)
	}
	if upto, err := take(t, b, records[3]); err != nil || upto != 1 {
		t.Errorf("far ahead: upto %d, %v", upto, err)
	}
	if upto, err := take(t, b); err != nil || upto != 1 {
		t.Errorf("nothing: upto %d, %v", upto, err)
	}
	if upto, err := take(t, b, records[1:]...); err != nil || upto != 4 {
		t.Errorf("the rest: upto %d, %v", upto, err)
	}
	// What a full box took out before it was ever sent leaves a gap that the next record tells of.
	far := told(b.visit("", 9))[0]
	far.Seq, far.Prev, far.ID = 90, 4, newID()
	if upto, err := take(t, b, far); err != nil || upto != 90 {
		t.Errorf("a gap that is told: upto %d, %v", upto, err)
	}
	if got := len(o.only("visit")); got != 5 {
		t.Errorf("%d visits", got)
	}
}

func TestAClonedBoxIsToldSo(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	b.tell(told(b.visit("", 1), b.visit("", 2), b.visit("", 3))...)
	other := told(b.visit("", 50))[0]
	other.ID = newID()
	for _, c := range []struct {
		name      string
		seq, prev uint64
		id        string
	}{
		{"another record under a known number", 2, 1, newID()},
		{"one that follows upon less than was taken", 7, 2, newID()},
		{"a number between, which was never taken", 0, 0, b.sent[0].ID},
	} {
		r := other
		r.Seq, r.Prev, r.ID = c.seq, c.prev, c.id
		_, err := take(t, b, r)
		if _, is := errors.AsType[*wire.Conflict](err); !is {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if got := len(o.only("visit")); got != 3 {
		t.Errorf("%d visits: a conflict left something", got)
	}
	// The clone takes a new number for its outbox, and tells everything again.
	b.id, b.seq = newID(), 0
	b.tell(told(b.visit("", 1), b.visit("", 2), b.visit("", 3), b.visit("", 4))...)
	if got := len(o.only("visit")); got != 4 {
		t.Errorf("%d visits, each once would be 4", got)
	}
}

func TestWhatIsTooOldToCompareIsAConflict(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	first := told(nil)
	b.next(&first[0])
	if _, err := take(t, b, first...); err != nil {
		t.Fatal(err)
	}
	const window = 10_000
	many := make([]edge.Record, window)
	for i := range many {
		many[i] = told(nil)[0]
		b.next(&many[i])
	}
	if _, err := take(t, b, many...); err != nil {
		t.Fatal(err)
	}
	if _, err := take(t, b, many[0]); err != nil {
		t.Errorf("the oldest that is remembered: %v", err)
	}
	_, err := take(t, b, first...)
	if _, is := errors.AsType[*wire.Conflict](err); !is {
		t.Errorf("one older than that: %v", err)
	}
}

func TestAVisitToldAgainWithACustomerIsHers(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	maya, ben := b[0].customer("Maya", card(1)), b[0].customer("Ben", card(2))
	v := b[0].visit("", 1)
	b[0].tell(told(maya, ben, v)...)
	mark := o.all()
	v.Customer = maya.ID
	foreign := v
	b[1].tell(told(foreign)...) // another store's visit, whatever its id: both had the same name once, perhaps
	if got := o.only("visit"); len(got) != 2 || got[0].Visit.Customer != "" || got[0].Store != "harbour" || got[0].Visit.ID != got[1].Visit.ID {
		t.Fatalf("another store's word: %+v", got)
	}
	b[0].tell(told(v)...)
	got := slices.DeleteFunc(o.only("visit"), func(i hqItem) bool { return i.Store != "harbour" })
	if len(got) != 1 || got[0].Visit.Customer != maya.ID || got[0].Visit.Lane != "1" || len(got[0].Visit.Items) != 1 {
		t.Fatalf("visits %+v", got)
	}
	if got[0].Cursor == mark[len(mark)-1].Cursor {
		t.Error("the feed does not tell of it again")
	}
	v.Customer = ben.ID
	b[0].tell(told(v)...)
	if got := slices.DeleteFunc(o.only("visit"), func(i hqItem) bool { return i.Store != "harbour" }); got[0].Visit.Customer != maya.ID {
		t.Error("it changed hands")
	}
}

func TestABatchIsTakenAsAWholeOrNotAtAll(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour")[0]
	bad := b.customer("Maya")
	bad.Identifiers = []edge.IdentifierHash{{Key: 1, Sum: []byte("short"), Kind: edge.KindCard}}
	must(t, func() error { _, err := o.Forget(t.Context(), card(9)); return err }()) // so that tombstones are looked for
	records := told(b.visit("", 1), bad)
	for i := range records {
		b.next(&records[i])
	}
	if _, err := take(t, b, records...); err == nil {
		t.Fatal("a hash of five bytes was taken")
	}
	if upto, err := take(t, b); err != nil || upto != 0 || len(o.only("visit")) != 0 {
		t.Errorf("upto %d, %v, visits %v", upto, err, o.only("visit"))
	}
}

// TestABoxThatWasGivenUpIsRefused: a copy of before, at just the place where its outbox was left. Who it is now goes on.
func TestABoxThatWasGivenUpIsRefused(t *testing.T) {
	o := newOffice(t)
	all := o.enrolled("harbour", "hill")
	b := all[0]
	b.tell(told(b.customer("Ada", card(1)))...)
	before := *b
	b.id, b.seq = newID(), 0
	records := told(b.customer("Bea", card(2)))
	records[0].Former = []string{before.id, b.id}
	b.tell(records...)
	b.tell(told(b.customer("Cleo", card(3)))...)
	again := told(before.customer("Dot", card(4)))
	before.next(&again[0])
	var conflict *wire.Conflict
	if _, err := take(t, &before, again...); !errors.As(err, &conflict) {
		t.Errorf("the former id: %v", err)
	}
	for id, want := range map[string]bool{before.id: true, b.id: false, newID(): false} {
		if answer, err := o.Status(t.Context(), "harbour", wire.BoxStatus{Box: id, Run: "r", Clock: noon}); err != nil || answer.GivenUp != want {
			t.Errorf("given up %v, want %v, %v", answer.GivenUp, want, err)
		}
	}
	if answer, err := o.Status(t.Context(), "hill", wire.BoxStatus{Box: before.id, Run: "r", Clock: noon}); err != nil || answer.GivenUp {
		t.Errorf("another store's box of that id: %v, %v", answer.GivenUp, err)
	}
}
