// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"errors"
	"testing"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
)

// What [hq] url may not say, the command line may not either: a box's keys do not cross a network in clear.
func TestEnrollingInClearBeyondThisMachine(t *testing.T) {
	c := config.Default()
	c.State.Dir, c.HQ.Insecure = t.TempDir(), true
	done, _, err := record{config: c}.enroll(t.Context(), control.EnrollRequest{URL: "http://hq.example:8788", Code: "x"})
	if _, is := errors.AsType[*edge.Refusal](err); !is || done {
		t.Errorf("%v, done %v", err, done)
	}
}
