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
	u.OnNewBox()
	u.metrics.renewed.WithLabelValues(why).Inc()
	u.Log.Warn("the outbox was given a new box id", "why", why, "detail", detail, "box", place.Box)
	return nil
}

// offerAnew tells head office everything again, since it has lost what it had: it was restored from a backup. That the
// offer has begun is durable before the box id changes, for the new id would hide that there was anything to offer. One
// that is under way here may have passed what is missing, and is made again; one that waits to be taken up was begun by
// the downlink, which finds out first where head office has another history.
func (u *Uplink) offerAnew(ctx context.Context) error {
	return u.offer(ctx, u.Offering(), func() error {
		return u.newBox(ctx, "offered", "head office has lost records that it had; everything is told again")
	})
}

// Resume goes on with an offer that a crash has interrupted, or that an enrolment began. Run does it by itself.
func (u *Uplink) Resume(ctx context.Context) error {
	backlog, err := u.Store.Backlog(ctx)
	if err != nil {
		return fmt.Errorf("reading the backlog: %w", err)
	}
	if !backlog.Offering || u.Offering() {
		return nil
	}
	return u.offer(ctx, false, func() error { return nil })
}

func (u *Uplink) offer(ctx context.Context, anew bool, begun func() error) error {
	return u.offers.begin(ctx, u.Store, anew, begun, func(err error) {
		if err != nil && ctx.Err() == nil {
			u.Log.Warn("offering what the box holds; it is taken up again in a minute", "error", err)
		}
	})
}

// Offering reports whether everything that the box holds is being put into the outbox by this uplink, which goes on
// beside Round.
func (u *Uplink) Offering() bool { return u.offers.running() }

// Wait waits for the end of such an offer. An outbox that is full may need rounds for it.
func (u *Uplink) Wait() { u.offers.under.Wait() }
