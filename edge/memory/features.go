// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"math"
	"time"
)

// A guess rests on features, each of order 1, so that one firmness suits all weights. Those that act otherwise than in
// a straight line are spread over knots: a value counts for the two knots that it lies between.
var (
	knotsDays    = []float64{-3, -2, -1, -.5, 0, .5, 1, 2, 3} // log₂ of the days since, by her own gap
	knotsSkips   = []float64{-3, -2, -1, 0, 1, 2, 3}          // the same in baskets
	knotsBaskets = []float64{0, 1, 1.6, 2, 3, 4, 5, 6, 8}     // log₂ of the baskets since
	knotsShare   = []float64{-5, -4, -3, -2, -1, -.5, 0}      // log of the decayed share
)

const (
	againSize = 31 + 9 + 7 + 9 + 7 + 5
	freshSize = 7
)

func spread(x []float64, v float64, knots []float64) []float64 {
	base, last := len(x), len(knots)-1
	for range knots {
		x = append(x, 0)
	}
	switch {
	case v <= knots[0]:
		x[base] = 1
	case v >= knots[last]:
		x[base+last] = 1
	default:
		i := 1
		for v > knots[i] {
			i++
		}
		part := (v - knots[i-1]) / (knots[i] - knots[i-1])
		x[base+i-1], x[base+i] = 1-part, part
	}
	return x
}

// moment is what is the same for all things at one tap.
type moment struct {
	p                  *Person
	day                float64 // days since 1970
	away               float64
	n                  float64
	logN, logAway      float64
	size, again, fresh float64 // logs of her means
	weekday, trip      int
	constant, faithful float64 // how much more of her things came than their shares say, and of the sure ones
	usual, fast, slow  float64 // log weights of a thing that was in every basket
	onDay, onTrip      float64 // share of her visits on such a day, such a trip
	bigTrip, bigDay    float64 // how much larger her baskets are then
}

func (p *Person) moment(at time.Time) moment {
	n := p.Visits
	m := moment{
		p: p, day: float64(at.UnixMicro()) / dayMicros, away: p.away(at), n: float64(n),
		weekday: int(at.Weekday()), trip: p.trip(at),
	}
	m.logN, m.logAway = math.Log(m.n), math.Log(m.away+.5)
	weight := float64(p.weight)
	m.size = math.Log(float64(p.size)/weight + .5)
	m.again, m.fresh = math.Log(float64(p.again)/weight+.2), math.Log(float64(p.fresh)/weight+.2)
	m.constant = math.Log((float64(p.again) + 1) / (float64(p.expected) + 1))
	m.faithful = math.Log((float64(p.sureHeld) + 1) / (float64(p.sure) + 1))
	m.usual, m.fast, m.slow = usual.total(n), fast.total(n), slow.total(n)
	m.onDay, m.onTrip = part(p.week[:], m.weekday), part(p.trips[:], m.trip)
	m.bigTrip, m.bigDay = float64(p.tripSize[m.trip]-p.logSize), float64(p.weekSize[m.weekday]-p.logSize)
	return m
}

func part(counts []float32, which int) float64 {
	var sum float32
	for _, c := range counts {
		sum += c
	}
	return (float64(counts[which]) + .5) / (float64(sum) + .5*float64(len(counts)))
}

// lift is how much more often a thing is bought on such days (trips) than she comes on them: log, drawn towards 0.
func lift(units []uint8, which int, part float64) float64 {
	const firm = 3
	sum := 0.
	for _, u := range units {
		sum += float64(u) / unit
	}
	return math.Log((float64(units[which])/unit + firm*part) / (sum + firm) / part)
}

// featuresAgain describes a thing of hers, in againSize numbers. What the store knows of the article comes last.
func (m *moment) featuresAgain(x []float64, t *Thing, s *seen, store *Model) []float64 {
	more := &t.More
	since := m.n - float64(more.latest)
	days := max(0, m.day-float64(t.Last)/dayMicros)
	a := usual.logShare(t.LogW, m.usual)
	quick := fast.logShare(float64(more.fast), m.fast)
	b := math.Log(math.Exp(quick) + .003)
	c := slow.logShare(float64(more.slow), m.slow)
	logSince := math.Log1p(since)
	once := 0.
	if t.Times == 1 {
		once = 1
	}
	light := math.Log((.001 + float64(more.light)*math.Pow(Beta, since)) / float64(m.p.light))
	dearer := light - a // of small baskets more than of large ones
	x = append(x, 1, a/2, b/2, math.Log(float64(t.Times)), m.logN/2, logSince, once,
		m.size/2, m.again/2, m.fresh/2, m.logAway/2, math.Log(days+.5)/2,
		c/2, light/2,
		lift(more.week[:], m.weekday, m.onDay), lift(more.trips[:], m.trip, m.onTrip),
		dearer*m.bigTrip, a*m.bigTrip, m.bigTrip, dearer*m.bigDay, a*m.bigDay, m.bigDay,
		m.size*a/4, m.logAway*a/4, m.again*a/4,
		math.Exp(a), math.Exp(quick), m.constant, m.constant*math.Exp(a), m.faithful, m.faithful*math.Exp(a))
	x = spread(x, logSince/math.Ln2, knotsBaskets)
	x = spread(x, a, knotsShare)
	if t.Times > 1 {
		x = spread(x, (math.Log(days+.2)-float64(more.gap))/math.Ln2, knotsDays)
		x = spread(x, (logSince-float64(more.skips))/math.Ln2, knotsSkips)
	} else {
		x = append(x, make([]float64, len(knotsDays)+len(knotsSkips))...)
	}
	lasting, lately := store.popularity(s, m.day)
	left := s.left(m.day, monthDays)
	return append(x, (lasting+5)/2, lately-lasting,
		math.Log((s.hits+3)/(s.hoped+3)), math.Log((s.hitsLately*left+5)/(s.hopedLately*left+5)), m.away/(m.away+30))
}

// featuresFresh describes a thing that is not on her list.
func (m *moment) featuresFresh(x []float64, s *seen, store *Model) []float64 {
	lasting, lately := store.popularity(s, m.day)
	return append(x, 1, (lasting+5)/2, lately-lasting, m.size/2, m.fresh/2, m.logN/2, m.again/2)
}
