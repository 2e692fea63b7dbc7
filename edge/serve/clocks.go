// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"sync"
	"time"

	"redbench/edge"
)

const (
	// lateAfter is how late an event may be and still prompt (the contract's figure).
	lateAfter = 10 * time.Second

	// A till whose clock was set back would look late for ever. When this many events in a row, over at least this
	// long, stand equally far off, it is the clock: a backlog comes in a burst, and its offsets shrink.
	rebaseEvents = 5
	rebaseSpan   = 30 * time.Second
	rebaseSpread = 2 * time.Second

	// maxSources bounds what hostile source names can take up.
	maxSources = 4096

	// worthKeeping is by how much an offset must shrink before it is written down: jitter is not news.
	worthKeeping = 100 * time.Millisecond

	// retold is how often a clock that does not change is written down again: the store forgets those long untold.
	retold = 7 * 24 * time.Hour
)

// clocks knows how each till's clock stands against the box's: the smallest difference between arrival and event time
// that was seen. What exceeds it is delay; what does not is a wrong clock.
type clocks struct {
	mu      sync.Mutex
	sources map[string]*sourceClock
}

type sourceClock struct {
	smallest time.Duration
	written  time.Duration // as it rests in the store
	told     time.Time     // when it was written
	heard    time.Time     // when the source last spoke
	steady   steady
}

// steady follows a run of events that stand equally far off.
type steady struct {
	count    int
	first    time.Time // arrival of the run's first event
	min, max time.Duration
}

func newClocks(known []edge.SourceClock) *clocks {
	c := &clocks{sources: map[string]*sourceClock{}}
	for _, k := range known {
		c.sources[k.Source] = &sourceClock{smallest: k.Offset, written: k.Offset}
	}
	return c
}

// observe takes one event's clock in and tells how late it is. changed is set when the clock is worth writing down.
func (c *clocks) observe(source string, at, arrived time.Time) (late time.Duration, changed *edge.SourceClock) {
	offset := arrived.Sub(at)
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.sources[source]
	if !ok {
		if len(c.sources) >= maxSources {
			c.dropOne()
		}
		s = &sourceClock{smallest: offset, written: offset, told: arrived, heard: arrived}
		c.sources[source] = s
		return 0, &edge.SourceClock{Source: source, Offset: offset}
	}
	s.heard = arrived
	s.smallest = min(s.smallest, offset)
	late = offset - s.smallest
	if s.steady.follow(offset, arrived, late > lateAfter) {
		s.smallest, late = s.steady.min, offset-s.steady.min
	}
	if d := s.written - s.smallest; d >= worthKeeping || d <= -worthKeeping || arrived.Sub(s.told) >= retold {
		s.written, s.told = s.smallest, arrived
		return late, &edge.SourceClock{Source: source, Offset: s.smallest}
	}
	return late, nil
}

// follow reports whether the run shows that the till's clock was set anew.
func (s *steady) follow(offset time.Duration, arrived time.Time, late bool) bool {
	if !late {
		*s = steady{}
		return false
	}
	low, high := min(s.min, offset), max(s.max, offset)
	if s.count == 0 || high-low > rebaseSpread {
		*s = steady{count: 1, first: arrived, min: offset, max: offset}
		return false
	}
	s.count++
	s.min, s.max = low, high
	return s.count >= rebaseEvents && arrived.Sub(s.first) >= rebaseSpan
}

// dropOne forgets the source that has been silent for longest.
func (c *clocks) dropOne() {
	oldest := ""
	for source, s := range c.sources {
		if oldest == "" || s.heard.Before(c.sources[oldest].heard) {
			oldest = source
		}
	}
	delete(c.sources, oldest)
}
