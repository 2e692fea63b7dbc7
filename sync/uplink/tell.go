// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"fmt"
)

// Tell tells head office how the box is, as Run does each minute, for whoever drives an uplink round by round.
func (u *Uplink) Tell(ctx context.Context) error {
	backlog, err := u.Store.Backlog(ctx)
	if err != nil {
		return fmt.Errorf("reading the backlog: %w", err)
	}
	return u.tell(ctx, backlog)
}
