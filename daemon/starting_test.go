// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestALongStartAsksForTime again and again, always before the time that it was given is over; but not for ever, and not
// once it is through.
func TestALongStartAsksForTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var asked []time.Time
		say := func(state string) {
			if !strings.HasPrefix(state, "EXTEND_TIMEOUT_USEC=60000000\n") {
				t.Errorf("it said %q", state)
			}
			asked = append(asked, time.Now())
		}
		stop := askBy(say)
		time.Sleep(time.Hour)
		synctest.Wait()
		last := began
		for _, at := range asked {
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
		if end := asked[len(asked)-1].Sub(began); end > longestOpening {
			t.Errorf("after %s it still asked", end)
		}
		stop()

		asked = nil
		stop = askBy(say)
		time.Sleep(time.Second)
		stop()
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(asked) != 0 {
			t.Errorf("a quick start asked %d times", len(asked))
		}
	})
}
