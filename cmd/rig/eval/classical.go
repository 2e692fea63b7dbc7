// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"cmp"
	"context"
	"math"
	"slices"
)

type method struct {
	name    string
	ranking ranking
}

// classical are known methods on the same baskets. They know all baskets that are not asked for, of all time.
func classical(ctx context.Context, s *set, answers []asking) []method {
	popular := mostPopular(s)
	frequent := func(a asking) []int32 { return filled(top(personal(a, 1)), popular) }
	decayed := func(a asking) []int32 { return filled(top(personal(a, .95)), popular) }
	methods := []method{{name: "GP-TopFreq"}, {name: "decay .95"}, {name: "UP-CF"}}
	neighbours := newUPCF(s)
	for _, a := range answers {
		if ctx.Err() != nil {
			break
		}
		methods[0].ranking.add(frequent(a), a.truth())
		methods[1].ranking.add(decayed(a), a.truth())
		methods[2].ranking.add(filled(neighbours.first(a), popular), a.truth())
	}
	return methods
}

// scored is a thing's score; of equal scores, what she bought first goes first.
type scored struct {
	score float64
	first int
}

func personal(a asking, beta float64) map[int32]scored {
	things := map[int32]scored{}
	for k, b := range a.c.baskets[:a.n] {
		for _, i := range b.items {
			t, ok := things[i]
			if !ok {
				t.first = len(things)
			}
			t.score += math.Pow(beta, float64(a.n-1-k))
			things[i] = t
		}
	}
	return things
}

func top(things map[int32]scored) []int32 {
	all := make([]int32, 0, len(things))
	for i := range things {
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b int32) int {
		return cmp.Or(cmp.Compare(things[b].score, things[a].score), cmp.Compare(things[a].first, things[b].first), cmp.Compare(a, b))
	})
	return all[:min(ten, len(all))]
}

func mostPopular(s *set) []int32 {
	things := make(map[int32]scored, len(s.items))
	for _, c := range s.customers {
		for n, b := range c.baskets {
			if askedFor(s, c, n) {
				continue
			}
			for _, i := range b.items {
				things[i] = scored{things[i].score + 1, int(i)}
			}
		}
	}
	return top(things)
}

func filled(first, popular []int32) []int32 {
	for _, i := range popular {
		if len(first) < ten && !slices.Contains(first, i) {
			first = append(first, i)
		}
	}
	return first
}
