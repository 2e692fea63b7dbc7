// SPDX-License-Identifier: Apache-2.0

package memory_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"redbench/edge"
	"redbench/edge/memory"
)

// naive is the share by its definition: basket k of n counts Beta^(n-k).
func naive(held []bool) float64 {
	var with, all float64
	for k, there := range held {
		w := math.Pow(memory.Beta, float64(len(held)-1-k))
		all += w
		if there {
			with += w
		}
	}
	return with / all
}

// learn is what a store does: one Add for each basket that holds the thing.
func learn(held []bool) (logw float64) {
	logw = memory.Never()
	for k, held := range held {
		if held {
			logw = memory.Add(logw, k+1)
		}
	}
	return logw
}

func TestPIsTheDecayedShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		held := rapid.SliceOfN(rapid.Bool(), 1, 400).Draw(t, "held")
		got := memory.P(learn(held), len(held))
		if got < 0 || got > 1 || math.IsNaN(got) {
			t.Fatalf("P is %v", got)
		}
		if want := naive(held); math.Abs(got-want) > 1e-9 {
			t.Fatalf("P is %v, by definition %v", got, want)
		}
	})
}

func TestPDecaysWithEachBasketWithoutIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		held := append(rapid.SliceOfN(rapid.Bool(), 0, 50).Draw(t, "held"), true)
		logw, n := learn(held), len(held)
		for more := 1; more < 60; more++ {
			before, after := memory.P(logw, n+more-1), memory.P(logw, n+more)
			if after >= before {
				t.Fatalf("P does not fall: %v, then %v", before, after)
			}
		}
		if with := memory.P(memory.Add(logw, n+1), n+1); with < memory.P(logw, n)-1e-12 {
			t.Fatalf("P falls though the basket held it")
		}
	})
}

func TestOrderByWeightIsOrderByP(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		a := learn(rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "a"))
		b := learn(rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "b"))
		if (a < b) != (memory.P(a, n) < memory.P(b, n)) && math.Abs(a-b) > 1e-9 {
			t.Fatalf("weights %v, %v but shares %v, %v", a, b, memory.P(a, n), memory.P(b, n))
		}
	})
}

func TestThousandsOfVisitsStayFinite(t *testing.T) {
	held := make([]bool, 20_000)
	for i := range held {
		held[i] = i%2 == 0
	}
	if got := memory.P(learn(held), len(held)); math.Abs(got-.487) > .01 {
		t.Errorf("every second of 20,000 baskets: %v", got)
	}
	if memory.P(memory.Never(), 5) != 0 || memory.P(0, 0) != 0 || memory.P(memory.Add(memory.Never(), 90), 3) != 1 {
		t.Error("the ends of P are not 0 and 1")
	}
}

func TestOrderOfTheReceiptDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		item := rapid.Custom(func(t *rapid.T) edge.Item {
			return edge.Item{SKU: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "sku"), Quantity: float64(rapid.IntRange(-2, 3).Draw(t, "n"))}
		})
		items := rapid.SliceOfN(item, 0, 12).Draw(t, "items")
		before := slices.Clone(items)
		skus := func(items []edge.Item) []string {
			var all []string
			for _, each := range memory.Things(items) {
				all = append(all, each.SKU)
			}
			slices.Sort(all)
			return all
		}
		if a, b := skus(items), skus(rapid.Permutation(items).Draw(t, "shuffled")); !slices.Equal(a, b) {
			t.Fatalf("%v and %v", a, b)
		}
		if !slices.Equal(items, before) {
			t.Fatal("the receipt was changed")
		}
	})
}

func TestThingsTeachNoReturns(t *testing.T) {
	got := memory.Things([]edge.Item{
		{SKU: "milk", Quantity: 1, AmountMinor: 100}, {SKU: "rye", Quantity: 1}, {SKU: "milk", Quantity: 2, AmountMinor: 200},
		{SKU: "rye", Quantity: -1}, {SKU: "lamp", Quantity: -1}, {SKU: "figs", Quantity: .35},
	})
	if len(got) != 2 || got[0].SKU != "milk" || got[0].Quantity != 3 || got[0].AmountMinor != 300 || got[1].SKU != "figs" {
		t.Errorf("%+v", got)
	}
}

func TestNamedNeedsThreeTimesAndAnEvenChance(t *testing.T) {
	for _, test := range []struct {
		p     float64
		times int
		want  bool
	}{{1, 1, false}, {1, 2, false}, {.5, 3, true}, {.49, 30, false}, {.9, 3, true}} {
		if got := memory.Named(edge.Habit{P: test.p, Times: test.times}); got != test.want {
			t.Errorf("p %v, %d times: %v", test.p, test.times, got)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	for b.Loop() {
		_ = memory.Add(13.3, 400)
	}
}
