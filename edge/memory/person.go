// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Shortlist is how many of her things a tap looks at. Those beyond are so unusual that none is ever named.
const Shortlist = 64

// Person is what one customer's visits taught of her baskets, and her most usual things: what a tap reads. It is a pure
// fold over her visits in the order of time.
type Person struct {
	Visits int
	First  int64 // her first visit and her last, in microseconds since 1970
	Last   int64
	Things []Thing // her most usual things, by weight: at most Shortlist

	// Of her baskets: decayed means of how many things they hold, of those on the list and those never bought before,
	// and of their lightness; the mean log size, of all, by kind of trip and by day of the week; how often she comes
	// on which day and trip.
	weight, size, again, fresh, light float32
	expected                          float32 // how many of the list their shares lead to expect,
	sure, sureHeld                    float32 // the same of those of an even share, and how many of those came
	logSize                           float32
	tripSize                          [tripKinds]float32
	weekSize                          [weekdays]float32
	week                              [weekdays]float32
	trips                             [tripKinds]float32
}

const (
	basketsLeft = .9  // of a basket's weight in the means of the baskets, one basket later
	daysLeft    = .98 // and in the counts of days and trips
	sizePace    = .1
	evenShare   = .4 // of her baskets, about: from it on a thing is counted as sure
)

// Learn takes her next visit in: bought are the things of its basket as they stood before, [Thing.Times] zero for those
// that she never bought, each article once (see [Things]). It gives them as they stand now, in the same order.
func (p *Person) Learn(at time.Time, bought []Thing) []Thing {
	trip := p.trip(at)
	p.Visits++
	p.Last = at.UnixMicro()
	if p.Visits == 1 {
		p.First = p.Last
	}
	p.learnBasket(at, trip, bought)
	now := make([]Thing, len(bought))
	for i, t := range bought {
		now[i] = t.bought(p.Visits, len(bought), at, trip)
		if at := p.find(t.Item); at >= 0 {
			p.Things[at] = now[i]
		} else {
			p.Things = append(p.Things, now[i])
		}
	}
	// A weight only ever rises, so that nothing that left the list can have overtaken what is on it.
	slices.SortFunc(p.Things, byWeight)
	p.Things = p.Things[:min(len(p.Things), Shortlist)]
	return now
}

// byWeight orders things, the most usual first. Weights of things that were in the same baskets are equal, so the order
// must go on to something that is the same on every box: the article's own number.
func byWeight(a, b Thing) int {
	return cmp.Or(cmp.Compare(b.LogW, a.LogW), cmp.Compare(b.Times, a.Times), cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Item, b.Item))
}

func (p *Person) find(item int64) int {
	return slices.IndexFunc(p.Things, func(t Thing) bool { return t.Item == item })
}

// away is how many days after her last visit a moment is.
func (p *Person) away(at time.Time) float64 {
	if p.Visits == 0 {
		return 0
	}
	return max(0, float64(at.UnixMicro()-p.Last)/dayMicros)
}

func (p *Person) trip(at time.Time) int { return kindOfTrip(p.away(at)) }

func (p *Person) learnBasket(at time.Time, trip int, bought []Thing) {
	again, fresh := 0, 0
	expected, sure, sureHeld := p.expect(bought)
	for _, t := range bought {
		if p.find(t.Item) >= 0 {
			again++
		}
		if t.Times == 0 {
			fresh++
		}
	}
	for _, mean := range []struct {
		sum  *float32
		more float64
	}{
		{&p.weight, 1}, {&p.size, float64(len(bought))}, {&p.again, float64(again)}, {&p.fresh, float64(fresh)},
		{&p.expected, expected}, {&p.sure, sure}, {&p.sureHeld, sureHeld},
	} {
		*mean.sum = *mean.sum*basketsLeft + float32(mean.more)
	}
	p.light = p.light*Beta + float32(lightness(len(bought)))
	day := int(at.Weekday())
	p.learnSize(day, trip, float32(math.Log(float64(len(bought))+.5)))
	tick(p.week[:], day)
	tick(p.trips[:], trip)
}

// expect says how many of her things a basket was expected to hold by their shares alone.
func (p *Person) expect(bought []Thing) (all, sure, held float64) {
	total := usual.total(p.Visits - 1)
	for _, t := range p.Things {
		share := math.Exp(usual.logShare(t.LogW, total))
		all += share
		if share < evenShare {
			continue
		}
		sure += share
		if slices.ContainsFunc(bought, func(b Thing) bool { return b.Item == t.Item }) {
			held++
		}
	}
	return all, sure, held
}

func (p *Person) learnSize(day, trip int, size float32) {
	if p.Visits == 1 {
		p.logSize = size
		for i := range p.tripSize {
			p.tripSize[i] = size
		}
		for i := range p.weekSize {
			p.weekSize[i] = size
		}
		return
	}
	p.logSize += sizePace / 2 * (size - p.logSize)
	p.tripSize[trip] += sizePace * (size - p.tripSize[trip])
	p.weekSize[day] += sizePace * (size - p.weekSize[day])
}

func tick(counts []float32, which int) {
	for i := range counts {
		counts[i] *= daysLeft
	}
	counts[which]++
}
