// SPDX-License-Identifier: Apache-2.0

package store

import (
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
func state(t interface{ Fatal(...any) }, s *Store, ref edge.CustomerRef) (edge.Profile, map[string]edge.Habit) {
	p, err := s.ProfileOf(tctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.read.Query(`SELECT sku, logw, times, last FROM habits JOIN items USING (item) WHERE customer = ?`, int64(ref))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	habits := map[string]edge.Habit{}
	for rows.Next() {
		var h edge.Habit
		var last int64
		if err := rows.Scan(&h.SKU, &h.P, &h.Times, &last); err != nil {
			t.Fatal(err)
		}
		h.Last = moment(last)
		habits[h.SKU] = h
	}
	p.Customer = edge.Customer{}
	return p, habits
}

// expected computes the same from the visits directly, with edge/memory alone.
func expected(visits []edge.Visit) (usual []edge.Habit, habits map[string]edge.Habit) {
	visits = slices.Clone(visits)
	slices.SortFunc(visits, func(a, b edge.Visit) int {
		return byTime(visitRow{at: a.At.UnixMicro(), checkout: a.Checkout}, visitRow{at: b.At.UnixMicro(), checkout: b.Checkout})
	})
	habits = map[string]edge.Habit{}
	for i, v := range visits {
		for _, it := range memory.Things(v.Items) {
			h, ok := habits[it.SKU]
			if !ok {
				h.P = memory.Never()
			}
			habits[it.SKU] = edge.Habit{SKU: it.SKU, P: memory.Add(h.P, i+1), Times: h.Times + 1, Last: v.At}
		}
	}
	for _, h := range habits {
		usual = append(usual, edge.Habit{SKU: h.SKU, Name: "N" + h.SKU, P: memory.P(h.P, len(visits)), Times: h.Times, Last: h.Last})
	}
	slices.SortFunc(usual, func(a, b edge.Habit) int {
		return byWeight(habit{sku: a.SKU, logw: habits[a.SKU].P, times: int64(a.Times)}, habit{sku: b.SKU, logw: habits[b.SKU].P, times: int64(b.Times)})
	})
	return usual[:min(8, len(usual))], habits
}

// expectedPace folds the visits with edge/memory alone.
func expectedPace(visits []edge.Visit) (p pace, r edge.Rhythm) {
	visits = slices.Clone(visits)
	slices.SortFunc(visits, func(a, b edge.Visit) int {
		return byTime(visitRow{at: a.At.UnixMicro(), checkout: a.Checkout}, visitRow{at: b.At.UnixMicro(), checkout: b.Checkout})
	})
	for i, v := range visits {
		usual, _ := expected(visits[:i+1])
		before := p.rhythm
		p.rhythm = memory.Visited(before, memory.Day(v.At.UTC()))
		e := memory.Evidence{First: memory.Day(visits[0].At.UTC())}
		e.Habits, e.Fading = memory.HabitsOf(usual)
		p.standing = memory.Stand(p.standing, before, p.rhythm, e)
	}
	return p, p.rhythm
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

// TestAnyOrderTeachesTheSame: visits live, attached, or imported in pieces, in any order and some twice, leave one
// memory, and it is the one that edge/memory gives.
func TestAnyOrderTeachesTheSame(t *testing.T) {
	s := openStore(t, t.TempDir())
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
		p, habits := state(t, s, ref)
		usual, wantHabits := expected(visits)
		if diff := cmp.Diff(wantHabits, habits); diff != "" {
			t.Fatalf("habits: %s", diff)
		}
		if diff := cmp.Diff(usual, p.Usual); diff != "" {
			t.Fatalf("usual: %s", diff)
		}
		wantPace, wantGaps := expectedPace(visits)
		if diff := cmp.Diff(wantPace, pace{p.Rhythm, p.Standing}, cmp.AllowUnexported(pace{})); diff != "" {
			t.Fatalf("pace: %s", diff)
		}
		if got := s.common.Load().Next(p.Rhythm); p.NextGap != got {
			t.Fatalf("next gap %+v, want %+v", p.NextGap, got)
		}
		gaps.Moved(edge.Rhythm{}, wantGaps)
		if diff := cmp.Diff(gaps.Next(wantGaps), p.NextGap, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
			t.Fatalf("what the store's customers have in common: %s", diff)
		}
		last := visits[len(visits)-1]
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
	_, habits := state(t, s, ref)
	good := 0
	for _, h := range habits {
		if h.Times == 3 && h.P == weight {
			good++
		}
	}
	if good != len(basket) {
		t.Errorf("%d of %d things were learnt right, of %d that were learnt", good, len(basket), len(habits))
	}
}
