// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"context"
	"fmt"
	"slices"
	"time"

	"redbench/edge/playbook"
	"redbench/edge/simulate"
)

// tapParts time a tap on a store that holds real histories.
func tapParts() []part {
	return []part{{"coop_italy", "a tap with its read", tapWithRead}}
}

// tapWithRead imports every visit into a real store, and then times what a tap does before it shows anything: read her record by
// her card, find what she may take, choose what to say. The fastest of three rounds counts: others use the machine.
func tapWithRead(ctx context.Context, s *set) ([]measure, error) {
	r := &reading{set: s}
	people := simulate.NewChain(1, time.Now()).Customers
	var shoppers []*shopper
	most := 0
	for i, c := range s.customers {
		if len(c.baskets) == 0 {
			continue
		}
		most = max(most, len(c.baskets))
		shoppers = append(shoppers, &shopper{customer: c, person: people[i%len(people)], card: cardOf(i), coming: c.baskets, told: true})
		if last := c.baskets[len(c.baskets)-1].at; last.After(r.now) {
			r.now = last
		}
	}
	r.now = r.now.AddDate(0, 0, 3)
	done, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := r.fill(ctx, shoppers); err != nil {
		return nil, err
	}
	rules, best := playbook.Default(), time.Duration(0)
	const each = 100
	for range 3 {
		var times []time.Duration
		for n := range each * len(shoppers) {
			began := time.Now()
			profile, err := r.store.Profile(ctx, shoppers[n%len(shoppers)].card)
			if err != nil {
				return nil, err
			}
			rules.Choose(playbook.Input{Profile: profile, Known: true, Now: r.now, Language: "en", Seed: uint64(n)})
			times = append(times, time.Since(began))
		}
		slices.Sort(times)
		if p99 := times[len(times)*99/100]; best == 0 || p99 < best {
			best = p99
		}
	}
	return []measure{measure{Name: "time a tap, ms, p99, read and choice included", On: "all", N: each * len(shoppers), Result: best.Seconds() * 1000,
		Note: fmt.Sprintf("up to %d visits a customer", most)}.most(1)}, nil
}
