// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"cmp"
	"context"
	"slices"
	"time"

	"redbench/edge/memory"
)

// asking is one basket that was asked for, and what the box guessed.
type asking struct {
	c       *customer
	n       int // number of the basket asked for: those before it are known
	guesses []memory.Guess
	took    time.Duration
}

func (a asking) truth() []int32 { return a.c.baskets[a.n].items }

// shop is what a box keeps: for each customer the rows of her habits and her memory, and one model.
type shop struct {
	set    *set
	model  *memory.Model
	people map[*customer]*kept
}

type kept struct {
	person memory.Person
	rows   map[int64]memory.Thing
}

func newShop(s *set, model *memory.Model) *shop {
	return &shop{s, model, map[*customer]*kept{}}
}

func (s *shop) of(c *customer) *kept {
	k := s.people[c]
	if k == nil {
		k = &kept{rows: map[int64]memory.Thing{}}
		s.people[c] = k
	}
	return k
}

// bought gives the rows of a basket's things, as edge/store reads them.
func (s *shop) bought(k *kept, b basket) []memory.Thing {
	things := make([]memory.Thing, 0, len(b.items))
	for _, i := range b.items {
		row, ok := k.rows[int64(i)]
		if !ok {
			row = memory.Thing{Item: int64(i), SKU: s.set.items[i].sku}
		}
		things = append(things, row)
	}
	return things
}

func (s *shop) learn(c *customer, n int, model bool) {
	k, b := s.of(c), c.baskets[n]
	bought := s.bought(k, b)
	if model {
		s.model.Learn(&k.person, b.at, bought)
	}
	for _, t := range k.person.Learn(b.at, bought) {
		k.rows[t.Item] = t
	}
}

func (s *shop) ask(c *customer, n int) asking {
	a := asking{c: c, n: n, took: time.Hour}
	for range 3 { // other work on the machine is not the product's time
		before := time.Now()
		a.guesses = s.model.Due(&s.of(c).person, c.baskets[n].at)
		a.took = min(a.took, time.Since(before))
	}
	return a
}

// askedFor reports whether a customer's basket is asked for: the last one of each who has three, in coop_italy the last
// twenty.
func askedFor(s *set, c *customer, n int) bool {
	last := 1
	if s.name == "coop_italy" {
		last = 20
	}
	return len(c.baskets) >= 3 && n >= max(2, len(c.baskets)-last)
}

// replay lets a store live through a set in the order of time, and asks it for baskets before it sees them; of what came
// later it knows nothing. In a set without dates everybody's asked basket comes after all others.
func replay(ctx context.Context, s *set, model *memory.Model, wanted func(*customer, int) bool) ([]asking, error) {
	type visit struct {
		c *customer
		n int
	}
	var visits []visit
	for _, c := range s.customers {
		for n := range c.baskets {
			visits = append(visits, visit{c, n})
		}
	}
	slices.SortStableFunc(visits, func(a, b visit) int {
		return cmp.Or(a.c.baskets[a.n].at.Compare(b.c.baskets[b.n].at), cmp.Compare(a.n, b.n))
	})
	box := newShop(s, model)
	var answers []asking
	for _, v := range visits {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ask := wanted(v.c, v.n)
		if ask {
			answers = append(answers, box.ask(v.c, v.n))
		}
		box.learn(v.c, v.n, s.dated || !askedFor(s, v.c, v.n))
	}
	return answers, nil
}
