// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"fmt"
)

func (u *Uplink) newBox(ctx context.Context, why, detail string) error {
	place, err := u.Store.NewBox(ctx)
	if err != nil {
		return fmt.Errorf("taking a new box id: %w", err)
	}
	u.metrics.renewed.WithLabelValues(why).Inc()
	u.Log.Warn("the outbox was given a new box id", "why", why, "detail", detail, "box", place.Box)
	return nil
}

// offerAnew tells head office everything again, since it has lost what it had: it was restored from a backup. That the
// offer has begun is durable before the box id changes, for the new id would hide that there was anything to offer.
func (u *Uplink) offerAnew(ctx context.Context) error {
	return u.offers.begin(ctx, u.Store, func() error {
		return u.newBox(ctx, "offered", "head office has lost records that it had; everything is told again")
	})
}

// Resume goes on with an offer that a crash has interrupted, or that an enrolment began. Run does it by itself.
func (u *Uplink) Resume(ctx context.Context) error {
	backlog, err := u.Store.Backlog(ctx)
	if err != nil {
		return fmt.Errorf("reading the backlog: %w", err)
	}
	if !backlog.Offering || u.offers.running() {
		return nil
	}
	return u.offers.begin(ctx, u.Store, func() error { return nil })
}
