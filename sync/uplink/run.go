// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"fmt"
	"time"

	"redbench/sync/link"
)

const statusEach = time.Minute

// Run sends until the context ends. It waits for news, for the next attempt after a failure, for the hours, and for the
// gate, and is in no hurry: see Options.
func (u *Uplink) Run(ctx context.Context) error {
	defer u.Wait()
	r := &runner{Uplink: u, backoff: link.Backoff{Random: u.Random}}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		_, gate := u.Gate.Look()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-u.Store.Changed():
			r.news()
		case <-gate: // opened: head office answers, so nothing waits out its back-off
			r.due = u.Now()
			if open, _ := u.Gate.Look(); open {
				r.retry = time.Time{}
			}
		case <-timer.C:
		}
		timer.Reset(r.turn(ctx))
	}
}

// runner is what Run remembers between two turns.
type runner struct {
	*Uplink
	backoff link.Backoff
	due     time.Time // of the next round
	retry   time.Time // no call before
	status  time.Time // of the next status
}

// news bring the next round nearer, with some time for company.
func (r *runner) news() {
	if soon := r.Now().Add(r.Linger); soon.Before(r.due) {
		r.due = soon
	}
}

// turn does what is due and gives the time until something is again. It is never more than a minute, so that neither a
// clock that was set nor a machine that slept can make it miss its hour.
func (r *runner) turn(ctx context.Context) time.Duration {
	if now := r.Now(); !now.Before(r.status) {
		r.status = now.Add(statusEach)
		r.each(ctx)
	}
	if now := r.Now(); !now.Before(r.due) && !now.Before(r.retry) {
		r.round(ctx)
	}
	next := r.status
	if at := later(r.due, r.retry); at.Before(next) {
		next = at
	}
	return max(next.Sub(r.Now()), 0)
}

// each is what happens each minute: the backlog is measured, also without a link, and head office is told.
func (r *runner) each(ctx context.Context) {
	backlog, err := r.Store.Backlog(ctx)
	if err != nil {
		r.fails(ctx, fmt.Errorf("reading the backlog: %w", err))
		return
	}
	r.metrics.waits(backlog, r.Now())
	r.note(func(s *State) { s.Backlog = backlog })
	if err := r.Resume(ctx); err != nil {
		r.fails(ctx, err)
		return
	}
	if r.Now().Before(r.retry) {
		return
	}
	if err := r.tell(ctx, backlog); err != nil {
		r.fails(ctx, err)
		return
	}
	r.goesWell()
}

func (r *runner) round(ctx context.Context) {
	began := r.Now()
	if err := r.Resume(ctx); err != nil {
		r.fails(ctx, err)
		return
	}
	more, err := r.Round(ctx)
	now := r.Now()
	r.rested = later(r.rested, now.Add(r.rest(now, now.Sub(began))))
	if err != nil {
		r.fails(ctx, err)
		if r.busy > 0 { // records: what breaks at them may let questions through, and these open the gate and end the back-off
			r.rested = later(r.rested, r.retry)
		}
		return
	}
	if !r.State().Reached.Before(began) { // a round in which there was nothing to send proves nothing
		r.goesWell()
	}
	switch {
	case more && r.busy == 0: // orders: they wait for no rest
		r.due = now
		return
	case more || now.Before(r.rested):
		r.due = r.rested
		return
	}
	r.due = now.Add(statusEach)
	if open := r.Hours.Next(now); open.After(now) && open.Before(r.due) {
		r.due = open
	}
}

// rest is how long to leave the core to others after what the last batch took of it. While it waited for head office, it
// did so already.
func (r *runner) rest(now time.Time, took time.Duration) time.Duration {
	return max(r.Pace.Rest(now, r.busy)-(took-r.busy), 0)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
