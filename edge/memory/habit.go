// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"math"

	"redbench/edge"
)

// Beta is how much of a basket's weight is left one basket later.
const Beta = .95

// The share of a thing in a customer's baskets forgets slowly: basket k of n counts Beta^(n-k). Written forwards
// (divide all by Beta^n), basket k weighs Beta^-k for ever, so that a purchase touches only the things in the basket,
// and the order of a customer's habits by weight is their order by share at any later time. Logarithms keep the
// weights small enough to store.

// forward is such a decay, with its own share left a basket.
type forward struct {
	step float64 // the weight that each later basket adds, in logarithms: ln(1/share)
	tail float64 // ln(1-share), the constant of the closed form in total
}

func decay(beta float64) forward { return forward{-math.Log(beta), math.Log1p(-beta)} }

var usual, fast, slow = decay(Beta), decay(fastBeta), decay(slowBeta)

// add gives a log weight after basket number n (1, 2, …), which holds the thing.
func (f forward) add(logw float64, n int) float64 {
	w := float64(n) * f.step
	if logw > w {
		logw, w = w, logw
	}
	if math.IsInf(logw, -1) {
		return w
	}
	return w + math.Log1p(math.Exp(logw-w))
}

// total is the log weight of a thing that was in all of n baskets, one at least.
func (f forward) total(n int) float64 {
	w := float64(n) * f.step
	return w + math.Log(-math.Expm1(-w)) - f.tail
}

// logShare is the logarithm of the decayed share, which is at most 1.
func (f forward) logShare(logw, total float64) float64 { return min(0, logw-total) }

// Add gives a thing's log weight after basket number n, which holds it. A thing that was in no basket before has the
// log weight [Never].
func Add(logw float64, n int) float64 { return usual.add(logw, n) }

// Never is the log weight of a thing that was in no basket.
func Never() float64 { return math.Inf(-1) }

// P is the share, 0 to 1, of a customer's n baskets that held a thing of this log weight, the latest counting most.
func P(logw float64, n int) float64 {
	if n < 1 || math.IsNaN(logw) {
		return 0
	}
	return min(1, math.Exp(logw-usual.total(n)))
}

// Named reports whether a habit is sure enough to be named on a screen: at least an even chance, and seen three times,
// so that a first basket is not taken for a habit.
func Named(h edge.Habit) bool { return h.Chance() >= .5 && h.Times >= 3 }

// Things gives the items of a visit that teach a habit, one an article, in the order of the receipt: what was bought
// and not taken off or returned again. Quantities and amounts are summed. The order of the receipt does not change what
// is learnt.
func Things(items []edge.Item) []edge.Item {
	sum := make([]edge.Item, 0, len(items))
	at := make(map[string]int, len(items))
	for _, item := range items {
		i, found := at[item.SKU]
		if !found {
			at[item.SKU] = len(sum)
			sum = append(sum, item)
			continue
		}
		sum[i].Quantity += item.Quantity
		sum[i].AmountMinor += item.AmountMinor
	}
	bought := sum[:0]
	for _, item := range sum {
		if item.Quantity > 0 {
			bought = append(bought, item)
		}
	}
	return bought
}
