// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"context"
	"math"
	"slices"
	"time"

	"redbench/edge"
	"redbench/edge/memory"
)

// BG/NBD is the usual model of customers who may leave unseen: they buy at a rate of their own (gamma over customers: r,
// alpha) and leave after a purchase with a probability of their own (beta: a, b). P. S. Fader, B. G. S. Hardie and K. L. Lee,
// "'Counting Your Customers' the Easy Way", Marketing Science 24 (2005), 275-284. The product does not use it
// (docs/decisions.md says why); it is fitted here to be compared with what the product uses.

// The paper's data: purchases to the end of September 1997, and the 39 weeks after it in which a customer came again or
// not.
var calibrated = memory.Day(time.Date(1997, 9, 30, 0, 0, 0, 0, time.UTC))

// bought is what the model sees of a customer, and what she did later.
type bought struct {
	x, tx, t float64 // repeat purchases, weeks from the first to the last and to the end
	later    bool
	longer   float64 // the product: how probable an absence as hers, or a longer one, is
}

func boughtOf(s *set) []bought {
	all := visitors(s)
	var g memory.Gaps
	known := make([]edge.Rhythm, len(all))
	for i, v := range all {
		for _, day := range v.days {
			if day <= calibrated {
				known[i] = memory.Visited(known[i], day)
			}
		}
		g.Moved(edge.Rhythm{}, known[i])
	}
	var out []bought
	for i, v := range all {
		r := known[i]
		if r.Days == 0 {
			continue
		}
		out = append(out, bought{
			x: float64(r.Days - 1), tx: float64(r.Last-v.days[0]) / 7, t: float64(calibrated-v.days[0]) / 7,
			later: v.days[len(v.days)-1] > calibrated, longer: memory.Longer(g.Next(r), calibrated-r.Last),
		})
	}
	return out
}

// bgnbd are the model's parameters.
type bgnbd struct{ r, alpha, a, b float64 }

func lnGamma(x float64) float64 {
	y, _ := math.Lgamma(x)
	return y
}

func lnBeta(a, b float64) float64 { return lnGamma(a) + lnGamma(b) - lnGamma(a+b) }

// likelihood is the paper's equation 6, as a logarithm, summed over customers.
func (m bgnbd) likelihood(all []bought) (sum float64) {
	for _, c := range all {
		common := lnGamma(m.r+c.x) - lnGamma(m.r) + m.r*math.Log(m.alpha) - lnBeta(m.a, m.b)
		stayed := lnBeta(m.a, m.b+c.x) - (m.r+c.x)*math.Log(m.alpha+c.t)
		if c.x == 0 {
			sum += common + stayed
			continue
		}
		left := lnBeta(m.a+1, m.b+c.x-1) - (m.r+c.x)*math.Log(m.alpha+c.tx)
		sum += common + max(stayed, left) + math.Log1p(math.Exp(-math.Abs(stayed-left)))
	}
	return sum
}

// alive is the probability that a customer has not left: by Bayes' rule from the two terms of the likelihood.
func (m bgnbd) alive(c bought) float64 {
	if c.x == 0 {
		return 1
	}
	return 1 / (1 + m.a/(m.b+c.x-1)*math.Pow((m.alpha+c.t)/(m.alpha+c.tx), m.r+c.x))
}

// coming is a customer's rate of buying, given her purchases, times the probability that she has not left.
func (m bgnbd) coming(c bought) float64 { return m.alive(c) * (m.r + c.x) / (m.alpha + c.t) }

// fitBGNBD finds the parameters of most likelihood, on the scale of their logarithms.
func fitBGNBD(all []bought) bgnbd {
	of := func(p []float64) bgnbd { return bgnbd{math.Exp(p[0]), math.Exp(p[1]), math.Exp(p[2]), math.Exp(p[3])} }
	return of(nelderMead(func(p []float64) float64 { return -of(p).likelihood(all) }, make([]float64, 4)))
}

// ranked is how often, of a customer who came again and one who did not, the first has the higher score (the area under
// the ROC curve).
func ranked(all []bought, score func(bought) float64) float64 {
	type scored struct {
		score float64
		later bool
	}
	sorted := make([]scored, 0, len(all))
	for _, c := range all {
		sorted = append(sorted, scored{score(c), c.later})
	}
	slices.SortFunc(sorted, func(a, b scored) int {
		switch {
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		}
		return 0
	})
	var above, came, gone float64
	for i := 0; i < len(sorted); {
		var same, sameCame float64
		score := sorted[i].score
		for ; i < len(sorted) && sorted[i].score == score; i++ {
			same++
			if sorted[i].later {
				sameCame++
			}
		}
		above += sameCame * (gone + (same-sameCame)/2)
		came, gone = came+sameCame, gone+same-sameCame
	}
	return above / max(1, came*gone)
}

// bgnbdMeasures fits the paper's sample and compares who comes again by the model and by the product.
func bgnbdMeasures(_ context.Context, s *set) ([]measure, error) {
	all := boughtOf(s)
	m := fitBGNBD(all)
	var out []measure
	for _, each := range []struct {
		name      string
		got, want float64
	}{{"r", m.r, .243}, {"alpha", m.alpha, 4.414}, {"a", m.a, .793}, {"b", m.b, 2.426}} {
		one := measure{Name: "BG/NBD " + each.name, On: "all", N: len(all), Result: each.got, Aim: short(each.want) + " within .5 %"}
		one.Pass = math.Abs(each.got/each.want-1) <= .005
		out = append(out, one)
	}
	out = append(out, measure{Name: "BG/NBD log-likelihood", On: "all", N: len(all), Result: m.likelihood(all)}.least(-9582.43))
	again := slices.DeleteFunc(slices.Clone(all), func(c bought) bool { return c.x == 0 })
	return append(out, measure{
		Name: "who comes again: area under ROC by P(absence)", On: "all", N: len(again),
		Result:    ranked(again, func(c bought) float64 { return c.longer }),
		Baselines: []baseline{{"BG/NBD P(alive)", ranked(again, m.alive)}, {"BG/NBD rate × P(alive)", ranked(again, m.coming)}, {"recency", ranked(again, func(c bought) float64 { return c.tx - c.t })}},
	}), nil
}
