// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestALongStartAsksForTime again and again, always before the time that it was given is over; but not for ever, and not
// once it is through.
func TestALongStartAsksForTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex // what it asked is read while it may ask again
		var asked []time.Time
		all := func() []time.Time {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(asked)
		}
		say := func(state string) {
			if !strings.HasPrefix(state, "EXTEND_TIMEOUT_USEC=60000000\n") {
				t.Errorf("it said %q", state)
			}
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, time.Now())
		}
		stop := askBy(say)
		time.Sleep(time.Hour)
		synctest.Wait()
		last := began
		for _, at := range all() {
			if at.Sub(last) >= time.Minute {
				t.Errorf("it waited for %s", at.Sub(last))
			}
			last = at
		}
		if time.Since(last) >= time.Minute {
			t.Error("it gave up within the hour")
		}
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		if so := all(); so[len(so)-1].Sub(began) > longestOpening {
			t.Errorf("after %s it still asked", so[len(so)-1].Sub(began))
		}
		stop()

		before := len(all())
		stop = askBy(say)
		time.Sleep(time.Second)
		stop()
		time.Sleep(time.Hour)
		synctest.Wait()
		if more := len(all()) - before; more != 0 {
			t.Errorf("a quick start asked %d times", more)
		}
	})
}
