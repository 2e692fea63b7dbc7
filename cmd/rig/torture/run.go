// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"time"
)

// patience bounds one schedule in real time: one that hangs is a failure as well.
const patience = time.Minute

// runSchedule goes through the schedule of a seed, without some kinds of step, and gives what went wrong. What happens is told to out, which may be
// nil.
func runSchedule(ctx context.Context, seed uint64, plant bug, without []string, watch bool, out io.Writer) (err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	w, err := newWorld(ctx, seed, plant, without, out)
	if err != nil {
		return fmt.Errorf("making the world: %w", err)
	}
	defer w.close()
	w.watching = watch
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("step %d: panic: %v\n%s", w.step, r, debug.Stack())
		}
	}()
	return w.run()
}
