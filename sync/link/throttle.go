// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"io"
	"sync"
	"time"
)

// Throttle holds what is sent and received to so many kilobits a second, with a second's worth at once after a pause. A
// nil Throttle holds nothing back. It is safe for concurrent use.
type Throttle struct {
	perSecond float64 // bytes
	now       func() time.Time

	mu    sync.Mutex
	saved float64 // bytes that may go at once; negative: a debt
	at    time.Time
}

// NewThrottle makes one of kbit kilobits (1000 bits) a second by that clock; nil for 0, which is no limit.
func NewThrottle(kbit int, now func() time.Time) *Throttle {
	if kbit <= 0 {
		return nil
	}
	perSecond := float64(kbit) * 1000 / 8
	return &Throttle{perSecond: perSecond, now: now, saved: perSecond, at: now()}
}

// Take books n bytes and gives how long to wait before they are used.
func (t *Throttle) Take(n int) time.Duration {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if since := now.Sub(t.at).Seconds(); since > 0 { // a clock that went back gives nothing and takes nothing
		t.saved = min(t.saved+since*t.perSecond, t.perSecond)
	}
	t.at = now
	t.saved -= float64(n)
	if t.saved >= 0 {
		return 0
	}
	return time.Duration(-t.saved / t.perSecond * float64(time.Second))
}

// chunk is how much goes at once, so that a slow line is used evenly.
const chunk = 4 << 10

// reader gives what from gives, no faster than allowed.
func (t *Throttle) reader(ctx context.Context, from io.Reader) io.Reader {
	if t == nil {
		return from
	}
	return &throttled{Throttle: t, ctx: ctx, from: from}
}

type throttled struct {
	*Throttle
	ctx  context.Context
	from io.Reader
}

func (t *throttled) Read(p []byte) (int, error) {
	n, err := t.from.Read(p[:min(len(p), chunk)])
	if wait := t.Take(n); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-t.ctx.Done():
			return 0, context.Cause(t.ctx)
		}
	}
	return n, err
}
