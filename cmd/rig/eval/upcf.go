// SPDX-License-Identifier: Apache-2.0

package eval

import "math"

// upcf is user-wise popularity with collaborative filtering, UP-CF@r (Faggioli, Polato and Aiolli 2020): how often each
// customer's last baskets held a thing, summed over the customers by how alike their histories are.
type upcf struct {
	set     *set
	popular map[*customer]map[int32]float64 // share of her last baskets
	holders map[int32][]*customer
	things  map[*customer]float64 // how many different things she bought
}

const (
	upcfRecent   = 10
	upcfAlpha    = .75
	upcfLocality = 10
)

// newUPCF takes in all baskets that are known before the first one asked for of each customer.
func newUPCF(s *set) *upcf {
	u := &upcf{s, map[*customer]map[int32]float64{}, map[int32][]*customer{}, map[*customer]float64{}}
	for _, c := range s.customers {
		known := 0
		for known < len(c.baskets) && !askedFor(s, c, known) {
			known++
		}
		u.popular[c] = recentShare(c, known)
		held := map[int32]bool{}
		for _, b := range c.baskets[:known] {
			for _, i := range b.items {
				if !held[i] {
					held[i] = true
					u.holders[i] = append(u.holders[i], c)
				}
			}
		}
		u.things[c] = float64(len(held))
	}
	return u
}

func recentShare(c *customer, known int) map[int32]float64 {
	share := map[int32]float64{}
	recent := c.baskets[max(0, known-upcfRecent):known]
	for _, b := range recent {
		for _, i := range b.items {
			share[i] += 1 / float64(len(recent))
		}
	}
	return share
}

func (u *upcf) first(a asking) []int32 { return top(u.scores(a)) }

func (u *upcf) scores(a asking) map[int32]scored {
	both := map[*customer]float64{}
	held := map[int32]bool{}
	for _, b := range a.c.baskets[:a.n] {
		for _, i := range b.items {
			if !held[i] {
				held[i] = true
				for _, other := range u.holders[i] {
					both[other]++
				}
			}
		}
	}
	own := recentShare(a.c, a.n)
	scores := map[int32]scored{}
	for i, share := range own {
		scores[i] = scored{share, int(i)}
	}
	for other, common := range both {
		if other == a.c {
			continue
		}
		alike := common / (math.Pow(float64(len(held)), upcfAlpha) * math.Pow(u.things[other], 1-upcfAlpha))
		weight := math.Pow(alike, upcfLocality)
		if weight < 1e-9 {
			continue
		}
		for i, share := range u.popular[other] {
			scores[i] = scored{scores[i].score + weight*share, int(i)}
		}
	}
	return scores
}
