// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"math"
	"slices"

	"redbench/edge"
	"redbench/edge/memory"
)

// ten is how many guesses recall and ndcg look at.
const ten = 10

// ranking sums recall@10 and ndcg@10 over baskets.
type ranking struct {
	recall, gain float64
	n            int
}

func (r *ranking) add(first []int32, truth []int32) {
	if len(truth) == 0 {
		return
	}
	found, gain, best := 0, 0., 0.
	for i, item := range first[:min(ten, len(first))] {
		if slices.Contains(truth, item) {
			found++
			gain += 1 / math.Log2(float64(i)+2)
		}
	}
	for i := range min(ten, len(truth)) {
		best += 1 / math.Log2(float64(i)+2)
	}
	r.recall += float64(found) / float64(len(truth))
	r.gain += gain / best
	r.n++
}

func (r *ranking) mean() (recall, ndcg float64) {
	n := float64(max(1, r.n))
	return r.recall / n, r.gain / n
}

// calibration counts guesses by tenths of p.
type calibration struct {
	n, came, p [10]float64
	off        [10]map[*customer]float64 // came less p, by customer
}

func (c *calibration) add(who *customer, p float64, came bool) {
	tenth := min(9, int(p*10))
	if c.off[tenth] == nil {
		c.off[tenth] = map[*customer]float64{}
	}
	c.n[tenth]++
	c.p[tenth] += p
	c.off[tenth][who] -= p
	if came {
		c.came[tenth]++
		c.off[tenth][who]++
	}
}

// worst is by how much the worst tenth's observed rate is off p, beyond two standard errors: 0 at best. Guesses about one
// customer come true or fail together, and the error is that of as many customers, where it is larger than that of as many
// guesses: grouped. Plain takes each guess for itself.
func (c *calibration) worst() (grouped, plain float64) {
	for i, n := range c.n {
		if n == 0 {
			continue
		}
		p, squares := c.p[i]/n, 0.
		for _, off := range c.off[i] {
			squares += off * off
		}
		off, byGuess := math.Abs(c.came[i]/n-p), math.Sqrt(p*(1-p)/n)
		grouped = max(grouped, off-2*max(byGuess, math.Sqrt(squares)/n))
		plain = max(plain, off-2*byGuess)
	}
	return grouped, plain
}

// named are the things of an answer that a screen would name.
func named(guesses []memory.Guess) (things []memory.Guess) {
	for _, g := range guesses {
		if memory.Named(edge.Habit{P: g.P, Times: g.Times}) {
			things = append(things, g)
		}
	}
	return things
}
