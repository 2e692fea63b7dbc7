// SPDX-License-Identifier: Apache-2.0

package memory

import "math"

// head is a logistic regression that learns as it goes: Newton's method over a running sum of the curvature, one step
// every few lessons, which comes close to fitting all lessons at once and forgets the oldest slowly. The same as a
// Kalman filter's extension to a yes or no.
type head struct {
	w       []float64
	curve   []float64 // lower triangle of the curvature, row by row
	slope   []float64 // of the lessons since the last step
	lessons int       // since the last step
	factor  []float64 // room for the step
}

const (
	stepEvery   = 4
	lessonsLeft = .9999 // of a lesson's weight, one lesson later
	firm        = 10    // curvature that each weight starts with and keeps: how firmly the shipped weights hold
	mostStep    = .5    // no weight moves further at once
)

func newHead(w []float64) *head {
	d := len(w)
	h := &head{w: append([]float64(nil), w...), slope: make([]float64, d), curve: make([]float64, row(d)), factor: make([]float64, row(d))}
	for i := range d {
		h.curve[row(i)+i] = firm
	}
	return h
}

// row is where row i of a lower triangle begins.
func row(i int) int { return i * (i + 1) / 2 }

func (h *head) score(x []float64) (z float64) {
	for i, v := range x {
		z += v * h.w[i]
	}
	return z
}

func chance(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// see takes in one example, and gives the chance that was expected; finish ends a lesson of several examples.
func (h *head) see(x []float64, yes bool, weight float64) float64 {
	p := chance(h.score(x))
	miss, bend := -p*weight, p*(1-p)*weight
	if yes {
		miss += weight
	}
	for i, v := range x {
		if v == 0 {
			continue
		}
		h.slope[i] += miss * v
		bent, line := bend*v, h.curve[row(i):row(i)+i+1]
		for j := range line {
			line[j] += bent * x[j]
		}
	}
	return p
}

func (h *head) finish() {
	h.lessons++
	if h.lessons < stepEvery {
		return
	}
	left := math.Pow(lessonsLeft, float64(h.lessons))
	for i, move := range h.solve() {
		h.w[i] += max(-mostStep, min(mostStep, move))
		h.slope[i] = 0
	}
	for i := range h.curve {
		h.curve[i] *= left
	}
	for i := range h.w {
		h.curve[row(i)+i] += (1 - left) * firm
	}
	h.lessons = 0
}

// solve gives curvature⁻¹ · slope by Cholesky's factors.
func (h *head) solve() []float64 {
	d, l := len(h.w), h.factor
	for i := range d {
		ri := l[row(i) : row(i)+i+1]
		for j := range i + 1 {
			rj := l[row(j) : row(j)+j+1]
			s := h.curve[row(i)+j]
			for k := range j {
				s -= ri[k] * rj[k]
			}
			if i == j {
				ri[i] = math.Sqrt(max(s, 1e-9))
			} else {
				ri[j] = s / rj[j]
			}
		}
	}
	y := append([]float64(nil), h.slope...)
	for i := range d {
		for k := range i {
			y[i] -= l[row(i)+k] * y[k]
		}
		y[i] /= l[row(i)+i]
	}
	for i := d - 1; i >= 0; i-- {
		for k := i + 1; k < d; k++ {
			y[i] -= l[row(k)+i] * y[k]
		}
		y[i] /= l[row(i)+i]
	}
	return y
}
