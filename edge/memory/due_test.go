// SPDX-License-Identifier: Apache-2.0

package memory_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"redbench/edge"
	"redbench/edge/memory"
)

// exact compares what is kept, the numbers that only the package reads included.
var exact = cmp.Options{cmp.AllowUnexported(memory.Person{}, memory.More{}), cmpopts.EquateEmpty()}

// keeper does what a store does: it keeps a row for each thing, and what was learnt of her, packed between two visits.
type keeper struct {
	t     interface{ Fatal(...any) }
	rows  map[string]memory.Thing
	her   memory.Person
	packs bool
}

func keep(t interface{ Fatal(...any) }, packs bool) *keeper {
	return &keeper{t: t, rows: map[string]memory.Thing{}, packs: packs}
}

func (k *keeper) bought(skus []string) []memory.Thing {
	var things []memory.Thing
	for _, sku := range skus {
		thing, ok := k.rows[sku]
		if !ok {
			thing = memory.Thing{Item: number(sku), SKU: sku}
		}
		things = append(things, thing)
	}
	return things
}

func number(sku string) (n int64) {
	for _, c := range sku {
		n = n*31 + int64(c)
	}
	return n
}

func (k *keeper) visit(at time.Time, skus ...string) {
	for _, t := range k.her.Learn(at, k.bought(skus)) {
		if k.packs {
			more, err := memory.ReadMore(t.More.Append(nil))
			if err != nil {
				k.t.Fatal(err)
			}
			t.More = more
		}
		k.rows[t.SKU] = t
	}
	if !k.packs {
		return
	}
	data, err := k.her.MarshalBinary()
	if err == nil {
		k.her = memory.Person{}
		err = k.her.UnmarshalBinary(data)
	}
	if err != nil {
		k.t.Fatal(err)
	}
	for i, t := range k.her.Things {
		for sku, row := range k.rows {
			if row.Item == t.Item {
				k.her.Things[i].SKU = sku
			}
		}
	}
}

func drawBaskets(t *rapid.T) [][]string {
	sku := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint("s", rapid.IntRange(0, 90).Draw(t, "sku")) })
	return rapid.SliceOfN(rapid.SliceOfNDistinct(sku, 0, 30, rapid.ID[string]), 1, 20).Draw(t, "baskets")
}

// Kept from visit to visit or computed anew from all of them, whatever the order of the receipt: the same.
func TestWhatIsLearntIsAFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at, kept, anew := noon, keep(t, true), keep(t, false)
		for _, skus := range drawBaskets(t) {
			at = at.Add(time.Duration(rapid.IntRange(0, 40*24).Draw(t, "hours")) * time.Hour)
			kept.visit(at, skus...)
			slices.Reverse(skus)
			anew.visit(at, skus...)
		}
		if diff := cmp.Diff(anew.her, kept.her, exact); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(anew.rows, kept.rows, exact); diff != "" {
			t.Fatal(diff)
		}
	})
}

// The weight is the one of the plain decayed share, and the list holds the most usual of all her things, though each visit
// looked only at the list and its own basket.
func TestTheListHoldsHerMostUsualThings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at, k := noon, keep(t, false)
		weights := map[string]float64{}
		for n, skus := range drawBaskets(t) {
			at = at.Add(day)
			k.visit(at, skus...)
			for _, sku := range skus {
				before, ok := weights[sku]
				if !ok {
					before = memory.Never()
				}
				weights[sku] = memory.Add(before, n+1)
			}
		}
		least := math.Inf(1)
		for _, thing := range k.her.Things {
			if thing.LogW != weights[thing.SKU] {
				t.Fatalf("%s weighs %v, want %v", thing.SKU, thing.LogW, weights[thing.SKU])
			}
			least = min(least, thing.LogW)
			delete(weights, thing.SKU)
		}
		for sku, w := range weights {
			if len(k.her.Things) < memory.Shortlist || w > least {
				t.Fatalf("%s, of weight %v, is not among %d of at least %v", sku, w, len(k.her.Things), least)
			}
		}
	})
}

// history is a customer who buys bread each week, soap each fourth, and something else at random.
func history(t *testing.T, visits int) (*keeper, time.Time) {
	k, at := keep(t, false), noon
	for n := range visits {
		at = at.Add(7 * day)
		skus := []string{"bread", fmt.Sprint("other", n%23)}
		if n%4 == 0 {
			skus = append(skus, "soap")
		}
		k.visit(at, skus...)
	}
	return k, at
}

func chanceOf(m *memory.Model, k *keeper, at time.Time, sku string) float64 {
	for _, g := range m.Due(&k.her, at) {
		if g.Item == number(sku) {
			return g.P
		}
	}
	return 0
}

func TestAChanceIsAChance(t *testing.T) {
	model := memory.NewModel()
	rapid.Check(t, func(t *rapid.T) {
		at, k := noon, keep(t, false)
		for _, skus := range drawBaskets(t) {
			at = at.Add(time.Duration(rapid.IntRange(-9, 4000*24).Draw(t, "hours")) * time.Hour) // a clock may go back
			model.Learn(&k.her, at, k.bought(skus))
			k.visit(at, skus...)
		}
		for _, g := range model.Due(&k.her, at.Add(time.Duration(rapid.IntRange(-900, 9000).Draw(t, "later"))*time.Hour)) {
			if math.IsNaN(g.P) || g.P < 0 || g.P > 1 {
				t.Fatalf("%+v", g)
			}
		}
	})
}

// As shipped: what she always buys is named; once she no longer does, it is named no more after a while, and forgotten.
func TestAHabitIsNamedAndFades(t *testing.T) {
	model := memory.NewModel()
	k, at := history(t, 40)
	if p := chanceOf(model, k, at.Add(7*day), "bread"); p < .5 {
		t.Fatalf("bread of each week has %v", p)
	}
	before := 1.
	for n := range 30 {
		at = at.Add(7 * day)
		k.visit(at, fmt.Sprint("new", n%9), "milk")
		p := chanceOf(model, k, at.Add(7*day), "bread")
		if n >= 1 && p > before+.01 {
			t.Errorf("%d baskets without: %.3f, before %.3f", n+1, p, before)
		}
		if n >= 3 && p >= .5 {
			t.Errorf("%d baskets without, and still %.3f", n+1, p)
		}
		before = p
	}
	if before > .2 {
		t.Errorf("thirty baskets without: %v", before)
	}
}

func TestNothingIsDueOfNobody(t *testing.T) {
	if got := memory.NewModel().Due(&memory.Person{}, noon); got != nil {
		t.Errorf("%v", got)
	}
}

// A return, or a thing taken off again, is not among the things of the receipt, and so teaches nothing.
func TestReturnsTeachNothing(t *testing.T) {
	visit := func(items ...edge.Item) memory.Person {
		var her memory.Person
		var things []memory.Thing
		for _, item := range memory.Things(items) {
			things = append(things, memory.Thing{Item: number(item.SKU), SKU: item.SKU})
		}
		her.Learn(noon, things)
		return her
	}
	with := visit(edge.Item{SKU: "rye", Quantity: 1}, edge.Item{SKU: "lamp", Quantity: -1}, edge.Item{SKU: "figs", Quantity: 2}, edge.Item{SKU: "figs", Quantity: -2})
	if diff := cmp.Diff(visit(edge.Item{SKU: "rye", Quantity: 1}), with, exact); diff != "" {
		t.Error(diff)
	}
}

// Made-up customers, whose habits are known: of guesses with p, about p come true, and things of high p are many.
func TestChancesAreCalibrated(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	model := memory.NewModel()
	var n, came, sum [10]float64
	people := make([]*keeper, 60)
	for i := range people {
		people[i] = keep(t, false)
	}
	for round := range 60 {
		at := noon.Add(time.Duration(round) * 7 * day)
		for i, k := range people {
			var skus []string
			for s := range 25 {
				if likes := math.Pow(float64((s*7+i*13)%25)/25, 2); random.Float64() < likes {
					skus = append(skus, fmt.Sprint("s", s))
				}
			}
			if round >= 40 {
				for _, g := range model.Due(&k.her, at) {
					if g.Times == 0 {
						continue
					}
					tenth := min(9, int(g.P*10))
					n[tenth]++
					sum[tenth] += g.P
					if slices.ContainsFunc(skus, func(sku string) bool { return number(sku) == g.Item }) {
						came[tenth]++
					}
				}
			}
			model.Learn(&k.her, at, k.bought(skus))
			k.visit(at, skus...)
		}
	}
	for i := range n {
		if n[i] < 100 {
			continue
		}
		p := sum[i] / n[i]
		if off := math.Abs(came[i]/n[i] - p); off > .05+2*math.Sqrt(p*(1-p)/n[i]) {
			t.Errorf("of %.0f guesses of %.3f, %.3f came true", n[i], p, came[i]/n[i])
		}
	}
	if n[8]+n[9] < 100 {
		t.Errorf("only %.0f guesses of .8 and more", n[8]+n[9])
	}
}

// A model that was packed guesses as before, and goes on learning.
func TestAPackedModelGuessesTheSame(t *testing.T) {
	model := memory.NewModel()
	k, at := keep(t, false), noon
	for n := range 300 {
		at = at.Add(day)
		skus := []string{"bread", fmt.Sprint("o", n%17), fmt.Sprint("p", n%31)}
		model.Learn(&k.her, at, k.bought(skus))
		k.visit(at, skus...)
	}
	data, err := model.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var again memory.Model
	if err := again.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	want := map[int64]float64{}
	for _, g := range model.Due(&k.her, at.Add(day)) {
		if g.Times > 0 {
			want[g.Item] = g.P
		}
	}
	for _, g := range again.Due(&k.her, at.Add(day)) {
		if g.Times > 0 && math.Abs(g.P-want[g.Item]) > 1e-4 {
			t.Errorf("%d has %v, before %v", g.Item, g.P, want[g.Item])
		}
	}
	again.Learn(&k.her, at.Add(day), k.bought([]string{"bread"}))
	for cut := range data {
		if cut%97 == 0 && again.UnmarshalBinary(data[:cut]) == nil {
			t.Fatalf("%d of %d bytes are taken for a model", cut, len(data))
		}
	}
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	k, _ := history(t, 9)
	data, err := k.her.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	model, err := memory.NewModel().MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var her memory.Person
	var m memory.Model
	if her.UnmarshalBinary(append([]byte{99}, data[1:]...)) == nil || m.UnmarshalBinary(append([]byte{99}, model[1:]...)) == nil {
		t.Error("another version is taken for this one")
	}
	nan := slices.Clone(model)
	for i := range 8 {
		nan[2+i] = 0xff // the first weight, after the version and how many there are
	}
	if m.UnmarshalBinary(nan) == nil {
		t.Error("a weight that is no number is taken")
	}
}

// What she buys on Saturdays only, though by no means on each, is likelier then than the day after.
func TestDaysOfTheWeekCount(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	model, k := memory.NewModel(), keep(t, false)
	saturday := time.Date(2026, 1, 3, 10, 0, 0, 0, time.UTC)
	at := saturday
	for range 700 {
		if random.IntN(2) == 0 {
			skus := []string{"bread"}
			if at.Weekday() == time.Saturday && random.IntN(4) > 0 {
				skus = append(skus, "roast")
			} else {
				skus = append(skus, "milk") // her baskets are of one size
			}
			model.Learn(&k.her, at, k.bought(skus))
			k.visit(at, skus...)
		}
		at = at.Add(day)
	}
	if at.Weekday() != time.Saturday {
		t.Fatal("it ends on a ", at.Weekday())
	}
	if on, off := chanceOf(model, k, at, "roast"), chanceOf(model, k, at.Add(day), "roast"); on < .4 || off > on-.2 {
		t.Errorf("the roast of Saturdays: %.3f then, %.3f the day after", on, off)
	}
}

// What she buys when she comes again the day after, be it soon or late that she does, is likelier then.
func TestTripsCount(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	model, at := memory.NewModel(), noon
	k := keep(t, false)
	for range 400 {
		skus := []string{"bread"}
		if random.IntN(2) == 0 {
			at, skus = at.Add(day), append(skus, "papers")
		} else {
			at, skus = at.Add(5*day), append(skus, "milk")
		}
		model.Learn(&k.her, at, k.bought(skus))
		k.visit(at, skus...)
	}
	soon, later := chanceOf(model, k, at.Add(day), "papers"), chanceOf(model, k, at.Add(5*day), "papers")
	if soon < .7 || later > .3 {
		t.Errorf("papers: %.3f the day after, %.3f later", soon, later)
	}
}

func FuzzPacked(f *testing.F) {
	k, _ := history(new(testing.T), 9)
	data, _ := k.her.MarshalBinary()
	f.Add(data)
	model, _ := memory.NewModel().MarshalBinary()
	f.Add(model)
	f.Fuzz(func(t *testing.T, data []byte) {
		var her memory.Person
		if her.UnmarshalBinary(data) == nil {
			for _, g := range memory.NewModel().Due(&her, noon) {
				if g.P < 0 || g.P > 1 {
					t.Errorf("%+v", g)
				}
			}
		}
		var m memory.Model
		_ = m.UnmarshalBinary(data)
		_, _ = memory.ReadMore(data)
	})
}

func BenchmarkDue(b *testing.B) {
	model, k, at := memory.NewModel(), keep(b, false), noon
	for n := range 300 {
		at = at.Add(day)
		skus := []string{"bread"}
		for i := range 20 {
			skus = append(skus, fmt.Sprint("o", (n*7+i*i)%97))
		}
		model.Learn(&k.her, at, k.bought(slices.Compact(slices.Sorted(slices.Values(skus)))))
		k.visit(at, slices.Compact(slices.Sorted(slices.Values(skus)))...)
	}
	b.Run("due", func(b *testing.B) {
		for b.Loop() {
			model.Due(&k.her, at.Add(day))
		}
	})
	b.Run("learn", func(b *testing.B) {
		bought := k.bought([]string{"bread", "o3", "o9"})
		for b.Loop() {
			model.Learn(&k.her, at.Add(day), bought)
		}
	})
	b.Run("unpack", func(b *testing.B) {
		data, _ := k.her.MarshalBinary()
		b.ReportMetric(float64(len(data)), "bytes")
		var her memory.Person
		for b.Loop() {
			_ = her.UnmarshalBinary(data)
		}
	})
}
