// SPDX-License-Identifier: Apache-2.0

package store

import (
	sorting "cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"redbench/edge"
	"redbench/edge/exchange"
	"redbench/edge/memory"
)

// state is all that was learnt of a customer, without numbers that depend on the order of coming.
func state(t interface{ Fatal(...any) }, s *Store, ref edge.CustomerRef) (edge.Profile, memory.Person, map[string]memory.Thing) {
	p, err := s.ProfileOf(tctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	var packed []byte
	if err := s.read.QueryRow(`SELECT usual FROM memory WHERE customer = ?`, int64(ref)).Scan(&packed); err != nil {
		t.Fatal(err)
	}
	var person memory.Person
	if err := person.UnmarshalBinary(packed); err != nil {
		t.Fatal(err)
	}
	rows, err := s.read.Query(`SELECT sku, item, logw, times, last, more FROM habits JOIN items USING (item) WHERE customer = ?`, int64(ref))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	habits := map[string]memory.Thing{}
	for rows.Next() {
		var h memory.Thing
		var more []byte
		if err := rows.Scan(&h.SKU, &h.Item, &h.LogW, &h.Times, &h.Last, &more); err != nil {
			t.Fatal(err)
		}
		if h.More, err = memory.ReadMore(more); err != nil {
			t.Fatal(err)
		}
		habits[h.SKU] = h
	}
	for i := range person.Things {
		for sku, h := range habits {
			if h.Item == person.Things[i].Item {
				person.Things[i].SKU = sku
			}
		}
	}
	p.Customer = edge.Customer{}
	return p, person, habits
}

// lasting are usual things without what the model foretells, which each visit of anybody changes.
func lasting(usual []edge.Habit) []edge.Habit {
	out := slices.Clone(usual)
	for i := range out {
		out[i].Today = 0
	}
	slices.SortFunc(out, func(a, b edge.Habit) int { return sorting.Or(sorting.Compare(b.P, a.P), strings.Compare(a.SKU, b.SKU)) })
	return out
}

func inOrder(visits []edge.Visit) []edge.Visit {
	visits = slices.Clone(visits)
	slices.SortFunc(visits, func(a, b edge.Visit) int {
		return byTime(visitRow{at: a.At.UnixMicro(), checkout: a.Checkout}, visitRow{at: b.At.UnixMicro(), checkout: b.Checkout})
	})
	return visits
}

// expected computes the same from the visits directly, with edge/memory alone; item gives an article's number.
func expected(visits []edge.Visit, item func(sku string) int64) (person memory.Person, habits map[string]memory.Thing) {
	habits = map[string]memory.Thing{}
	for _, v := range inOrder(visits) {
		var bought []memory.Thing
		for _, it := range memory.Things(v.Items) {
			h, known := habits[it.SKU]
			if !known {
				h = memory.Thing{Item: item(it.SKU), SKU: it.SKU}
			}
			bought = append(bought, h)
		}
		for _, h := range person.Learn(v.At.UTC(), bought) {
			habits[h.SKU] = h
		}
	}
	return person, habits
}

// expectedPace folds the visits with edge/memory alone.
func expectedPace(visits []edge.Visit, item func(sku string) int64) (p pace) {
	visits = inOrder(visits)
	for i, v := range visits {
		person, _ := expected(visits[:i+1], item)
		before := p.rhythm
		p.rhythm = memory.Visited(before, memory.Day(v.At.UTC()))
		e := memory.Evidence{First: memory.Day(visits[0].At.UTC())}
		var usual []edge.Habit
		for _, thing := range person.Things[:min(8, len(person.Things))] {
			usual = append(usual, edge.Habit{P: memory.P(thing.LogW, person.Visits), Times: thing.Times})
		}
		e.Habits, e.Fading = memory.HabitsOf(usual)
		p.standing = memory.Stand(p.standing, before, p.rhythm, e)
	}
	return p
}

func drawVisits(t *rapid.T) []edge.Visit {
	byKey := map[string]edge.Visit{}
	for range rapid.IntRange(1, 12).Draw(t, "visits") {
		v := edge.Visit{At: newClock().now.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "hour")) * 7 * time.Hour), Lane: "1",
			Checkout: fmt.Sprint("k", rapid.IntRange(0, 2).Draw(t, "checkout"))}
		for range rapid.IntRange(1, 6).Draw(t, "lines") {
			sku := fmt.Sprint(rapid.IntRange(0, 14).Draw(t, "sku"))
			quantity := rapid.SampledFrom([]float64{1, 1, 1, 2, -1, .125, 1. / 3}).Draw(t, "quantity")
			v.Items = append(v.Items, edge.Item{SKU: sku, Name: "N" + sku, Quantity: quantity, AmountMinor: 5})
		}
		byKey[v.At.String()+v.Checkout] = v
	}
	var visits []edge.Visit
	for _, v := range byKey {
		visits = append(visits, v)
	}
	slices.SortFunc(visits, func(a, b edge.Visit) int { return strings.Compare(a.At.String()+a.Checkout, b.At.String()+b.Checkout) })
	return visits
}

var unexported = cmp.AllowUnexported(memory.Thing{}, memory.More{}, memory.Person{})

// TestAnyOrderTeachesTheSame: visits live, attached, or imported in pieces, in any order and some twice, leave one
// memory, and it is the one that edge/memory gives.
func TestAnyOrderTeachesTheSame(t *testing.T) {
	s := openStore(t, t.TempDir(), func(o *Options) { o.Now = func() time.Time { return newClock().now.AddDate(0, 0, 9) } })
	n := 0
	gaps := &memory.Gaps{}
	rapid.Check(t, func(t *rapid.T) {
		visits := drawVisits(t)
		n++
		_, err := s.ImportCustomers(tctx, exchange.Customers(strings.NewReader(fmt.Sprintf("identifier\n%d\n", n)), exchange.Options{}), edge.ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		id := edge.Identifier{Kind: edge.KindCard, Value: fmt.Sprint(n)}
		ref, err := s.find(tctx, id)
		if err != nil {
			t.Fatal(err)
		}
		order := rapid.Permutation(visits).Draw(t, "order")
		order = append(order, order[0])
		for i := 0; i < len(order); {
			size := rapid.IntRange(1, len(order)-i).Draw(t, "piece")
			tell(t, s, id, ref, order[i:i+size], rapid.IntRange(0, 2).Draw(t, "how"), fmt.Sprint(n))
			i += size
		}
		p, person, habits := state(t, s, ref)
		item := func(sku string) int64 { return habits[sku].Item }
		wantPerson, wantHabits := expected(visits, item)
		if diff := cmp.Diff(wantHabits, habits, unexported); diff != "" {
			t.Fatalf("habits: %s", diff)
		}
		if diff := cmp.Diff(wantPerson, person, unexported); diff != "" {
			t.Fatalf("baskets: %s", diff)
		}
		person.Things = person.Things[:min(len(person.Things), tapThings)]
		for i, g := range s.model.usual(&person, s.opt.Now()) {
			if h := p.Usual[i]; habits[h.SKU].Item != g.Item || h.Today != g.P || h.Times != g.Times || h.Name != "N"+h.SKU || h.P != memory.P(habits[h.SKU].LogW, len(visits)) {
				t.Fatalf("usual %d: %+v, want %+v", i, h, g)
			}
		}
		wantPace := expectedPace(visits, item)
		if diff := cmp.Diff(wantPace, pace{p.Rhythm, p.Standing}, cmp.AllowUnexported(pace{})); diff != "" {
			t.Fatalf("pace: %s", diff)
		}
		if got := s.common.Load().Next(p.Rhythm); p.NextGap != got {
			t.Fatalf("next gap %+v, want %+v", p.NextGap, got)
		}
		gaps.Moved(edge.Rhythm{}, wantPace.rhythm)
		if diff := cmp.Diff(gaps.Next(wantPace.rhythm), p.NextGap, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
			t.Fatalf("what the store's customers have in common: %s", diff)
		}
		last := inOrder(visits)[len(visits)-1]
		if p.Visits != len(visits) || !p.First.Equal(visits[0].At) || !p.Last.At.Equal(last.At) || p.Gap != memory.Gap(visits[0].At, last.At, len(visits)) {
			t.Fatalf("%d visits from %v to %v, gap %v", p.Visits, p.First, p.Last.At, p.Gap)
		}
		if diff := cmp.Diff(last.Items[:min(8, len(last.Items))], p.Last.Items); diff != "" {
			t.Fatalf("last: %s", diff)
		}
	})
}

// tell gives the store visits in one of three ways.
func tell(t *rapid.T, s *Store, id edge.Identifier, ref edge.CustomerRef, visits []edge.Visit, how int, lane string) {
	var entries []edge.Entry
	for i, v := range visits {
		v.Customer, v.Lane = ref, lane
		switch how {
		case 0:
			entries = append(entries, edge.Entry{Visit: &v})
		case 1:
			// A stranger's until she shows her card: on a lane of its own, since the latest visit of a checkout is meant.
			v.Customer, v.Lane = edge.Stranger, fmt.Sprint(lane, "-", i, "-", v.At.Unix())
			entries = append(entries, edge.Entry{Visit: &v}, edge.Entry{Attach: &edge.Attach{Lane: v.Lane, Checkout: v.Checkout, Customer: ref}})
		case 2:
			var rows []edge.VisitRow
			for _, it := range v.Items {
				rows = append(rows, edge.VisitRow{Identifier: id, At: v.At, Checkout: v.Checkout, Item: it})
			}
			report, err := s.ImportVisits(tctx, func(yield func(edge.VisitRow, error) bool) {
				for _, r := range rows {
					if !yield(r, nil) {
						return
					}
				}
			}, edge.ImportOptions{})
			if err != nil || report.Bad != 0 || report.Rows != len(rows) {
				t.Fatalf("import: %+v %v", report, err)
			}
		}
	}
	if _, err := s.Commit(tctx, entries); err != nil {
		t.Fatal(err)
	}
}

// TestALargeBasketIsLearntWhole: habits are read and written some dozens at a time, and none is missed between.
func TestALargeBasketIsLearntWhole(t *testing.T) {
	s := openStore(t, t.TempDir())
	ref := maya(t, s).Customer.Ref
	var basket []edge.Item
	for i := range 2*insertBatch + 7 {
		basket = append(basket, edge.Item{SKU: fmt.Sprint(i), Name: "N", Quantity: 1})
	}
	for hour := range 3 {
		commit(t, s, edge.Entry{Visit: &edge.Visit{Customer: ref, At: s.opt.Now().Add(time.Duration(hour) * time.Hour), Lane: "1", Checkout: "k", Items: basket}})
	}
	weight := memory.Add(memory.Add(memory.Add(memory.Never(), 1), 2), 3)
	_, _, habits := state(t, s, ref)
	good := 0
	for _, h := range habits {
		if h.Times == 3 && h.LogW == weight {
			good++
		}
	}
	if good != len(basket) {
		t.Errorf("%d of %d things were learnt right, of %d that were learnt", good, len(basket), len(habits))
	}
}
