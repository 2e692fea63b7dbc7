// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"redbench/edge"
	"redbench/edge/playbook"
)

// TestALaneInARushHearsLess: checkouts that follow upon each other make a lane busy, and a gap makes it calm again.
func TestALaneInARushHearsLess(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		load := func() playbook.LoadLevel {
			l, err := b.service.lane("1")
			if err != nil {
				t.Fatal(err)
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			return b.service.input(l, "", "", "", edge.Profile{}).Load
		}
		n := 0
		checkouts := func(times int, wait time.Duration) {
			for range times {
				n++
				time.Sleep(wait)
				b.send(checkout("started", fmt.Sprint("c", n)))
				time.Sleep(time.Minute)
				b.send(completed(fmt.Sprint("c", n)))
			}
		}
		checkouts(2, 5*time.Second)
		want(t, "after two", load(), playbook.LoadCalm)
		checkouts(3, 5*time.Second)
		want(t, "after five", load(), playbook.LoadBusy)
		checkouts(4, 5*time.Second)
		want(t, "after nine", load(), playbook.LoadRush)
		checkouts(1, 5*time.Minute)
		want(t, "after a gap", load(), playbook.LoadCalm)
		synctest.Wait()
	})
}
