// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"fmt"

	"redbench/edge"
)

// tell tells head office how the box is, and looks at what it says to that: an outbox that nothing is added to would not
// learn otherwise that one of the two was restored.
func (u *Uplink) tell(ctx context.Context, backlog edge.Backlog) error {
	place, err := u.Store.Place(ctx)
	if err != nil {
		return fmt.Errorf("reading where the outbox stands: %w", err)
	}
	status := u.Status()
	status.Box, status.Backlog, status.Clock = place.Box, backlog, u.Now().UTC()
	answer, err := u.Link.Status(ctx, status)
	if err != nil {
		return u.failed(ctx, err)
	}
	u.reached()
	u.OnStatus(answer)
	if answer.GivenUp {
		return u.newBox(ctx, "given up", "this box was put back to a copy of before it took another id")
	}
	if answer.Upto != nil && !u.Offering() {
		if _, err := u.compare(ctx, place, *answer.Upto); err != nil {
			return err
		}
	}
	return u.Link.Upkeep(ctx)
}
