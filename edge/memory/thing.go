// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"math"
	"time"
)

// Thing is one article in one customer's baskets: what the store keeps in a row of its habits. A purchase of it changes
// it, and nothing else does.
type Thing struct {
	Item  int64  // the store's number of the article
	SKU   string // breaks ties, so that the order does not depend on the store's numbers; not packed
	LogW  float64
	Times int   // baskets that held it
	Last  int64 // when it was last bought, in microseconds since 1970
	More  More
}

// More is the rest of a row, which only this package reads; packed it takes [MoreSize] bytes.
type More struct {
	latest int32            // number of the basket that last held it
	fast   float32          // log weight with fastBeta
	slow   float32          // log weight with slowBeta
	light  float32          // decayed sum of what small baskets count more for, as of latest
	gap    float32          // running mean of the log of the days between two purchases
	skips  float32          // and of the log of the baskets
	week   [weekdays]uint8  // decayed counts of the days of the week, in units
	trips  [tripKinds]uint8 // and of the kinds of trip
}

const (
	fastBeta = .7
	slowBeta = .99

	unit      = 12  // a count of 1 in More
	unitsLeft = .95 // of a count at the next purchase; with it no count reaches 256
	gapPace   = .2  // share of the newest gap in the mean, once there are five

	weekdays  = 7
	tripKinds = 4

	dayMicros = 24 * 60 * 60 * 1e6
)

// kindOfTrip sorts visits by the days since the one before: again at once, within days, after a week, later.
func kindOfTrip(days float64) int {
	switch {
	case days <= 1:
		return 0
	case days <= 3:
		return 1
	case days <= 7:
		return 2
	}
	return 3
}

// lightness is what a basket counts for that is to count the more, the fewer things it holds.
func lightness(things int) float64 { return 4 / float64(things+1) }

// bought gives the thing after her basket number n, of this many things, which held it.
func (t Thing) bought(n, things int, at time.Time, trip int) Thing {
	now := at.UnixMicro()
	m := &t.More
	if t.Times == 0 {
		t.LogW, m.fast, m.slow = Never(), float32(Never()), float32(Never())
	} else {
		pace := max(gapPace, 1/float64(t.Times))
		m.gap += float32(pace * (math.Log(max(0, float64(now-t.Last)/dayMicros)+.2) - float64(m.gap)))
		m.skips += float32(pace * (math.Log(float64(max(1, n-int(m.latest)))) - float64(m.skips)))
		m.light *= float32(math.Pow(Beta, float64(n-int(m.latest))))
	}
	t.LogW = usual.add(t.LogW, n)
	m.fast, m.slow = float32(fast.add(float64(m.fast), n)), float32(slow.add(float64(m.slow), n))
	m.light += float32(lightness(things))
	countUnits(m.week[:], int(at.Weekday()))
	countUnits(m.trips[:], trip)
	t.Times++
	t.Last, m.latest = now, int32(n)
	return t
}

func countUnits(counts []uint8, which int) {
	for i := range counts {
		counts[i] = uint8(float64(counts[i]) * unitsLeft)
	}
	counts[which] += unit
}
