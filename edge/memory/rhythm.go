// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"math"
	"time"

	"redbench/edge"
)

// A customer's rhythm is a fold over the days of her visits, in order of time: several visits on a day are one. Its
// numbers are the weighted mean and variance of her gaps, the latest weighing 1 and each earlier one Fade times the next.
// Gaps are long-tailed, so they are counted on a bent scale, on which they are nearly normal: Box and Cox's power .1,
// close to the logarithm. What a customer's few gaps cannot tell, the other customers of the store do: see [Gaps].
//
// The store keeps, per customer, an [edge.Rhythm] beside her other memory. At each of her visits, in order of time, it
// calls
//
//	before := rhythm
//	rhythm = memory.Visited(rhythm, memory.Day(at)) // at in the store's zone
//	standing = memory.Stand(standing, before, rhythm, evidence)
//	gaps.Moved(before, rhythm)
//
// and at a tap gaps.Next(rhythm), whose three numbers go into the profile. A replay of all visits gives the same rhythm and
// standing. It passes the rhythm that was kept before and the one after the replay to [Gaps.Moved], once.

const (
	// fade is what a gap still weighs when the next one is known.
	fade = .87
	// power bends the scale of gaps. Chosen, with fade and firmness, on the fitted customers of `make eval`.
	power = .1
)

// bend takes days to the scale on which gaps are nearly normal, and unbend takes them back.
func bend(days float64) float64 { return (math.Pow(days, power) - 1) / power }

func unbend(x float64) float64 { return math.Pow(max(0, 1+power*x), 1/power) }

// Day numbers a moment's calendar day in its own zone.
func Day(at time.Time) int { return civil(at) }

// Visited takes a visit's day into a rhythm. A day that is not after the latest one changes nothing.
func Visited(r edge.Rhythm, day int) edge.Rhythm {
	switch {
	case r.Days == 0:
		return edge.Rhythm{Days: 1, Last: day}
	case day <= r.Last:
		return r
	}
	r.Gap = day - r.Last
	r.Days, r.Last = r.Days+1, day
	off := bend(float64(r.Gap)) - r.Mean
	r.Weight = fade*r.Weight + 1
	r.Mean += off / r.Weight
	r.Squares = fade*r.Squares + off*off*(1-1/r.Weight)
	return r
}

// Quantile is the number of days within which her next visit comes with this probability, or more.
func Quantile(g edge.NextGap, p float64) int {
	if g.Scale <= 0 {
		return 0
	}
	days := unbend(g.Location + g.Scale*studentQuantile(p, g.Freedom))
	return int(max(1, math.Ceil(min(days, 1e6)-.5)))
}

// Longer is the probability that a gap of hers is this many days or more: what an absence so far, of which today may be
// the end, should be judged by.
func Longer(g edge.NextGap, days int) float64 {
	if g.Scale <= 0 || days < 1 {
		return 1
	}
	return studentAbove((bend(float64(days)-.5)-g.Location)/g.Scale, g.Freedom)
}

// Student's t and the normal distribution meet in a closed form that is right to a few ten-thousandths from four degrees
// of freedom on, and that can be read both ways (Wallace 1959, Annals of Mathematical Statistics 30, 1124).
func wallace(freedom float64) float64 { return (8*freedom + 1) / (8*freedom + 3) }

func studentAbove(t, freedom float64) float64 {
	z := math.Copysign(wallace(freedom)*math.Sqrt(freedom*math.Log1p(t*t/freedom)), t)
	return math.Erfc(z/math.Sqrt2) / 2
}

func studentQuantile(p, freedom float64) float64 {
	z := math.Sqrt2 * math.Erfinv(2*p-1)
	bent := z / wallace(freedom)
	return math.Copysign(math.Sqrt(freedom*math.Expm1(bent*bent/freedom)), z)
}

// Pace says how a visit lies in a customer's rhythm.
type Pace string

// The paces.
const (
	PaceUnknown Pace = ""        // she made no visit yet, or nothing is foretold
	PaceEarly   Pace = "early"   // as soon as one gap in ten, or fewer
	PaceOnTime  Pace = "on time" //
	PaceLong    Pace = "long"    // unusually long away: as one gap in ten, or fewer
)

const (
	earlyP = .1
	longP  = .1
	// longDays is the shortest absence that is spoken of: of ten days neither she nor the cashier would say that it was
	// long, however often she comes.
	longDays = 28
)

// PaceOf says how a visit so many days after the latest one lies in her rhythm.
func PaceOf(g edge.NextGap, days int) Pace {
	switch {
	case g.Scale <= 0 || days < 0:
		return PaceUnknown
	case Longer(g, days) <= longP:
		return PaceLong
	case 1-Longer(g, days+1) <= earlyP:
		return PaceEarly
	}
	return PaceOnTime
}

// LongAway reports whether she comes back after an absence that is long by her own rhythm, as far as it is known, and by
// the other customers' where it is not. One who made no visit yet was not away.
func LongAway(p edge.Profile, now time.Time) bool {
	away := DaysSince(p.Last.At, now)
	return away >= longDays && PaceOf(foretold(p), away) == PaceLong
}

// foretold is what the store foretold, or what the shipped prior does where it did not.
func foretold(p edge.Profile) edge.NextGap {
	if p.NextGap.Scale > 0 {
		return p.NextGap
	}
	return new(Gaps).Next(rhythmOf(p))
}

// rhythmOf is her rhythm, or, of a profile without one, as steady a one as her first and last visits allow.
func rhythmOf(p edge.Profile) edge.Rhythm {
	if p.Rhythm.Days > 0 || p.Visits == 0 {
		return p.Rhythm
	}
	r := edge.Rhythm{Days: p.Visits, Last: Day(p.Last.At)}
	if days := p.Gap.Hours() / 24; days > 0 {
		r.Weight = min(float64(p.Visits-1), 1/(1-fade))
		r.Mean, r.Gap = bend(days), int(days)
	}
	return r
}

// Gap is the mean time between the visits of a customer who made this many, the first and the last at these moments:
// 0 below three visits, which show no rhythm yet.
func Gap(first, last time.Time, visits int) time.Duration {
	if visits < 3 || first.IsZero() || !last.After(first) {
		return 0
	}
	return last.Sub(first) / time.Duration(visits-1)
}

// DaysSince is how many midnights lie between then and now, in now's zone: 0 today, 1 yesterday. It is -1 when then is
// zero, and 0 when it lies in the future, as a till's wrong clock may make it.
func DaysSince(then, now time.Time) int {
	if then.IsZero() {
		return -1
	}
	return max(0, civil(now)-civil(then.In(now.Location())))
}

// civil numbers a moment's calendar day, so that the two days a year with 23 or 25 hours count as one.
func civil(t time.Time) int {
	year, month, mday := t.Date()
	return int(time.Date(year, month, mday, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}
