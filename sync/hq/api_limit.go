// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"math"
	"slices"
	"sync"
	"time"
)

// limits are token buckets by name (an address, a store): each has burst at once, then rate a second.
type limits struct {
	now         func() time.Time
	burst, rate float64

	mu   sync.Mutex
	each map[string]*bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// mostBuckets bounds what is remembered of those who ask.
const mostBuckets = 4096

func newLimits(now func() time.Time, burst, rate float64) *limits {
	return &limits{now: now, burst: burst, rate: rate, each: map[string]*bucket{}}
}

// take spends one token of name, or tells how long until there is one.
func (l *limits) take(name string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b := l.each[name]
	if b == nil {
		l.sweep(now)
		b = &bucket{left: l.burst, at: now}
		l.each[name] = b
	}
	b.left, b.at = l.level(b, now), now
	if b.left >= 1 {
		b.left--
		return 0
	}
	return time.Duration(math.Ceil((1 - b.left) / l.rate * float64(time.Second)))
}

func (l *limits) level(b *bucket, now time.Time) float64 {
	return min(l.burst, b.left+max(0, now.Sub(b.at).Seconds())*l.rate)
}

// sweep forgets who has all tokens again. A flood from everywhere is held by the limit for all.
func (l *limits) sweep(now time.Time) {
	if len(l.each) < mostBuckets {
		return
	}
	for name, b := range l.each {
		if l.level(b, now) >= l.burst {
			delete(l.each, name)
		}
	}
	if len(l.each) >= mostBuckets {
		clear(l.each)
	}
}

// give puts a token back: what it was spent for has turned out well.
func (l *limits) give(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.each[name]; b != nil {
		b.left = min(l.burst, b.left+1)
	}
}

// daily lets so many calls of a store through in each day of UTC.
type daily struct {
	now  func() time.Time
	most int

	mu   sync.Mutex
	day  time.Time
	each map[string]int
}

func newDaily(now func() time.Time, most int) *daily {
	return &daily{now: now, most: most, each: map[string]int{}}
}

// take counts one call, or tells how long until the next day, and whether it is the first that is refused today.
func (d *daily) take(store string) (wait time.Duration, first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if day := now.UTC().Truncate(24 * time.Hour); !day.Equal(d.day) {
		d.day = day
		clear(d.each)
	}
	if d.each[store] < d.most {
		d.each[store]++
		return 0, false
	}
	first = d.each[store] == d.most
	d.each[store] = d.most + 1
	return d.day.Add(24 * time.Hour).Sub(now), first
}

// perStore lets so many calls of a store be under way; one more ends the oldest, whose connection is most likely dead.
type perStore struct {
	most int

	mu   sync.Mutex
	each map[string][]*flight
}

type flight struct{ end func() }

func newPerStore(most int) *perStore { return &perStore{most: most, each: map[string][]*flight{}} }

func (p *perStore) enter(store string, end func()) (leave func()) {
	mine := &flight{end}
	p.mu.Lock()
	defer p.mu.Unlock()
	list := append(p.each[store], mine)
	if len(list) > p.most {
		list[0].end()
		list = list[1:]
	}
	p.each[store] = list
	return func() { p.leave(store, mine) }
}

func (p *perStore) leave(store string, mine *flight) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(p.each[store]), func(each *flight) bool { return each == mine })
	if len(list) == 0 {
		delete(p.each, store)
		return
	}
	p.each[store] = list
}

// gate lets a few work at a time and a few more wait; who comes then is sent away.
type gate struct {
	work chan struct{} // holds one for each that works
	line chan struct{} // holds one for each that works or waits
}

func newGate(work, wait int) *gate {
	return &gate{work: make(chan struct{}, work), line: make(chan struct{}, work+wait)}
}

// enter waits until done is closed or there is room; the second answer tells whether there was any.
func (g *gate) enter(done <-chan struct{}) (leave func(), in bool) {
	select {
	case g.line <- struct{}{}:
	default:
		return nil, false
	}
	select {
	case g.work <- struct{}{}:
		return func() { <-g.work; <-g.line }, true
	case <-done:
		<-g.line
		return nil, false
	}
}

// full tells whether who comes now would be sent away.
func (g *gate) full() bool { return len(g.line) == cap(g.line) }
