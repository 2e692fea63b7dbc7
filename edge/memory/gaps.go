// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"encoding/binary"
	"errors"
	"math"

	"redbench/edge"
)

// Gaps is what the store's customers have in common in their rhythms: where a customer's middling gap lies before
// anything is known of her, how much customers differ, how much one customer's gaps do, and whether they are getting
// longer. It is the prior of a normal distribution of unknown mean and variance (normal-inverse-gamma), fitted by
// moments.
//
// The moments are those of each customer's latest gap against her mean before it, each customer counting once. So they
// are sums over customers of what their rhythms say, and do not depend on the order in which visits came: a visit takes
// its customer's old part out and puts the new one in. The store keeps the sums (MarshalBinary); when the latest few
// moves are lost in a crash, it does no harm. The zero value is the prior that ships.
type Gaps struct {
	first struct{ n, x float64 } // customers with a gap: how many, sum of the latest
	later struct {               // customers with two gaps or more:
		n       float64 // how many
		x, m    float64 // sums of the latest gap and of the mean before it
		xm      float64 // and of their product
		f       float64 // sums of w/(w+1) for the weight w of the earlier gaps,
		off, sq float64 // of that times what the latest gap is off the mean, and times its square
	}
}

// What ships is a judgement, not a fit: half of all gaps within three weeks, nine of ten within ten weeks. It counts as much as
// shipped customers do.
const (
	shipped        = 5
	shippedMean    = 3.
	shippedWithin  = 1.5 // variance of one customer's gaps
	shippedBetween = .75 // variance of the customers' means
	firmness       = 3.  // how alike customers' variances are, in half degrees of freedom
)

// Moved takes in that a customer's rhythm was before and is now after. The zero rhythm takes a customer in or, when she
// is forgotten, out.
func (g *Gaps) Moved(before, after edge.Rhythm) {
	g.add(before, -1)
	g.add(after, 1)
}

func (g *Gaps) add(r edge.Rhythm, sign float64) {
	if r.Gap < 1 {
		return
	}
	x := bend(float64(r.Gap))
	g.first.n += sign
	g.first.x += sign * x
	earlier := r.Weight - 1
	if r.Days < 3 || earlier <= 0 {
		return
	}
	m := (r.Mean*r.Weight - x) / earlier
	f := earlier / (earlier + 1)
	l := &g.later
	l.n += sign
	l.x += sign * x
	l.m += sign * m
	l.xm += sign * x * m
	l.f += sign * f
	l.off += sign * f * (x - m)
	l.sq += sign * f * (x - m) * (x - m)
}

// prior is what the sums say.
type prior struct {
	mean   float64
	drift  float64 // by how much a latest gap is longer than those before it
	within float64
	strong float64 // how many of her own gaps the prior's mean weighs as much as
}

func (g *Gaps) prior() prior {
	n := max(0, g.later.n)
	p := prior{
		mean:   (g.first.x + shipped*shippedMean) / (max(0, g.first.n) + shipped),
		drift:  g.later.off / (max(0, g.later.f) + shipped),
		within: (g.later.sq - ratio(g.later.off*g.later.off, g.later.f) + shipped*shippedWithin) / (n + shipped),
	}
	p.within = max(p.within, .05)
	// The error of a mean is independent of her next gap: how both go together is how much customers differ.
	between := (g.later.xm - ratio(g.later.x*g.later.m, n) + shipped*shippedBetween) / (n + shipped)
	p.strong = min(p.within/max(between, .01), 50)
	return p
}

func ratio(a, b float64) float64 {
	if b < 1e-9 {
		return 0
	}
	return a / b
}

// Next foretells a customer's next gap from her own and, the fewer they are the more, from the other customers'.
func (g *Gaps) Next(r edge.Rhythm) edge.NextGap {
	p := g.prior()
	weight := p.strong + r.Weight
	mean := p.mean
	square := 0.
	if r.Weight > 0 {
		own := r.Mean + p.drift
		mean = (p.strong*p.mean + r.Weight*own) / weight
		square = r.Squares/2 + p.strong*r.Weight*(own-p.mean)*(own-p.mean)/(2*weight)
	}
	a := firmness + r.Weight/2
	variance := (firmness*p.within + square) / a * (1 + 1/weight)
	return edge.NextGap{Location: mean, Scale: math.Sqrt(variance), Freedom: 2 * a}
}

var errGaps = errors.New("what the store knows of gaps is malformed")

func (g *Gaps) numbers() []*float64 {
	l := &g.later
	return []*float64{&g.first.n, &g.first.x, &l.n, &l.x, &l.m, &l.xm, &l.f, &l.off, &l.sq}
}

// MarshalBinary gives the sums: a byte of version and nine numbers.
func (g *Gaps) MarshalBinary() ([]byte, error) {
	out := []byte{1}
	for _, n := range g.numbers() {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(*n))
	}
	return out, nil
}

// UnmarshalBinary reads what MarshalBinary gave. On an error nothing changes.
func (g *Gaps) UnmarshalBinary(data []byte) error {
	var read Gaps
	numbers := read.numbers()
	if len(data) != 1+8*len(numbers) || data[0] != 1 {
		return errGaps
	}
	for i, n := range numbers {
		*n = math.Float64frombits(binary.LittleEndian.Uint64(data[1+8*i:]))
		if math.IsNaN(*n) || math.IsInf(*n, 0) {
			return errGaps
		}
	}
	*g = read
	return nil
}
