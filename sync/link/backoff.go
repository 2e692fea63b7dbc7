// SPDX-License-Identifier: Apache-2.0

package link

import (
	"math/rand/v2"
	"time"
)

// How long to wait after failures: at random up to a limit that doubles, so that a chain's boxes do not come back to
// head office all at once.
const (
	FirstRetry   = time.Second
	LongestRetry = 5 * time.Minute
	leastRetry   = 100 * time.Millisecond // nobody asks in a circle
)

// Backoff counts failures in a row. The zero Backoff is ready. It is not safe for concurrent use.
type Backoff struct {
	Random func() float64 // in [0, 1); nil: math/rand
	failed int
}

// Failed gives how long to wait after one more failure, and not less than what was asked for, which may be 0.
func (b *Backoff) Failed(asked time.Duration) time.Duration {
	limit := FirstRetry << min(b.failed, 16)
	limit = min(limit, LongestRetry)
	b.failed++
	random := b.Random
	if random == nil {
		random = rand.Float64
	}
	wait := max(time.Duration(random()*float64(limit)), leastRetry)
	return max(wait, min(asked, time.Hour))
}

// Reset forgets the failures: it went well.
func (b *Backoff) Reset() { b.failed = 0 }

// Failures is how many there were in a row.
func (b *Backoff) Failures() int { return b.failed }
