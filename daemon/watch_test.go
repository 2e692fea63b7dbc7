// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// brokerAway is an outside broker that comes.
type brokerAway struct{ connected atomic.Bool }

func (b *brokerAway) Probe(context.Context, string, []byte) error { return nil }
func (b *brokerAway) Connected() bool                             { return b.connected.Load() }
func (b *brokerAway) outside() bool                               { return true }
func (b *brokerAway) full() bool                                  { return false }

// TestATestEventWaitsForTheBroker: at the start, and once that came after all; for one that stays away no longer than its time.
func TestATestEventWaitsForTheBroker(t *testing.T) {
	for _, c := range []struct{ comes, most, want time.Duration }{
		{2 * time.Second, brokerPatience, 2 * time.Second},
		{time.Hour, brokerPatience, brokerPatience},
		{7 * time.Second, 10 * time.Second, 7 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			broker := &brokerAway{}
			w := &watch{prober: &prober{tills: broker}, every: 10 * time.Second}
			time.AfterFunc(c.comes, func() { broker.connected.Store(true) })
			began := time.Now()
			w.wait(t.Context(), c.most, true)
			if waited := time.Since(began); waited < c.want || waited > c.want+brokerSeenEvery {
				t.Errorf("it came after %s, and was waited for %s, want %s", c.comes, waited, c.want)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		broker := &brokerAway{}
		broker.connected.Store(true)
		w := &watch{prober: &prober{tills: broker}}
		began := time.Now()
		if w.wait(t.Context(), 10*time.Second, false); time.Since(began) != 10*time.Second {
			t.Errorf("while it is there, the next came after %s", time.Since(began))
		}
	})
}
