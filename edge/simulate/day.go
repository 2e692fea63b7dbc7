// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// DayOptions describe a day. Chain, Open, Store and at least one lane are needed; the rest has a default.
type DayOptions struct {
	Chain   *Chain
	Seed    uint64
	Open    time.Time     // when the doors open; together with Seed it makes the events' ids
	Length  time.Duration // opening hours; default 12 h
	Store   string
	Lanes   []string      // the first is always open, those after the second only when it is busy
	Pace    time.Duration // from one customer to the next on a lane at the busiest hour; default 90 s
	Steady  bool          // no quiet hours, all lanes open, and nobody comes twice in a row: pleasant to watch
	Members float64       // share of customers who show a card; default .6
}

func (o DayOptions) withDefaults() DayOptions {
	o.Length = cmp.Or(o.Length, 12*time.Hour)
	o.Pace = cmp.Or(o.Pace, 90*time.Second)
	o.Members = cmp.Or(o.Members, .6)
	return o
}

// bustle is how busy each twelfth of a day is, from the opening on: people on the way to work, lunch, the way home.
var bustle = [12]float64{.65, 1, .8, .5, .5, .95, .8, .4, .45, .6, .7, .4}

// Day makes the events of one store day in the order in which tills send them. The same options give the same day.
func Day(o DayOptions) []Timed {
	o = o.withDefaults()
	crowd := newCrowd(o)
	run := letters(o.Open.UTC().Format(time.RFC3339Nano)+strconv.FormatUint(o.Seed, 10), 10)
	var lanes []*lane
	for i, name := range o.Lanes {
		lanes = append(lanes, newLane(o, i, name, run, crowd))
	}
	for {
		next := slices.MinFunc(lanes, func(a, b *lane) int { return a.clock.Compare(b.clock) })
		if !next.serve() {
			break // the lane whose turn it is next has closed, so all have
		}
	}
	var day []Timed
	for _, l := range lanes {
		day = append(day, l.said...)
	}
	slices.SortStableFunc(day, func(a, b Timed) int { return a.At.Compare(b.At) })
	return day
}

// busy tells how busy the store is at a moment, 1 at its busiest.
func (o DayOptions) busy(at time.Time) float64 {
	if o.Steady {
		return 1
	}
	part := int(12 * at.Sub(o.Open) / o.Length)
	return bustle[min(max(part, 0), len(bustle)-1)]
}

// gap is the time until the next customer steps up to a lane.
func (o DayOptions) gap(random *rand.Rand, at time.Time) time.Duration {
	const service = 45 * time.Second // what serving takes of the pace, about
	mean := float64(o.Pace)/o.busy(at) - float64(service)
	mean = max(mean, float64(12*time.Second))
	wait := -math.Log(1-random.Float64()) * mean
	if o.Steady {
		wait = mean * (.7 + .6*random.Float64())
	}
	return time.Duration(min(wait, 4*mean)) + 4*time.Second
}

// crowd is who may come to the store: one person is at one lane at a time, and not again at once.
type crowd struct {
	chain  *Chain
	random *rand.Rand
	free   []time.Time // by customer: not before this
	away   time.Duration
}

func newCrowd(o DayOptions) *crowd {
	away := 3 * time.Hour
	if o.Steady {
		away = 50 * time.Minute
	}
	return &crowd{o.Chain, stream(o.Seed, "crowd"), make([]time.Time, len(o.Chain.Customers)), away}
}

// visitsAWeek is how often someone of a rhythm comes: her weight when the next customer is drawn.
var visitsAWeek = map[string]float64{
	"daily": 6, "workdays": 4, "twice": 2.2, "weekly": 1.2, "saturdays": 1.2, "fortnightly": .8, "new": 1, "once": .6,
	"absent": .4,
}

// next draws who comes now; -1 when everybody has just been here.
func (c *crowd) next(at time.Time, steady bool) int {
	weights := make([]float64, len(c.free))
	total := 0.0
	for i, p := range c.chain.Customers {
		if c.free[i].After(at) {
			continue
		}
		weights[i] = visitsAWeek[p.rhythm]
		if !steady {
			weights[i] *= nearness(p.hour, at)
		} else {
			weights[i] = math.Sqrt(weights[i]) // who watches for ten minutes should meet many
		}
		total += weights[i]
	}
	draw := c.random.Float64() * total
	for i, w := range weights {
		if draw -= w; draw < 0 {
			c.free[i] = at.Add(c.away)
			return i
		}
	}
	return -1
}

// nearness is 1 at her usual hour and falls with the distance to it.
func nearness(hour float64, at time.Time) float64 {
	off := float64(at.Hour()) + float64(at.Minute())/60 - hour
	return .05 + math.Exp(-off*off/5)
}
