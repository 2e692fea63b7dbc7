// SPDX-License-Identifier: Apache-2.0

package downlink

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"redbench/edge"
	"redbench/sync/link"
)

// Downlink asks for changes and applies them. Round and Run may not run at once; Lookup and State may be called at any
// time.
type Downlink struct {
	Options
	metrics *metrics
	asking  chan struct{} // lookups under way

	mu    sync.Mutex
	state State
}

// State is how the downlink does, for status and for people.
type State struct {
	Reached time.Time // when head office last answered completely; zero: never
	Error   string    // of the last attempt; empty: it went well
	Since   time.Time // since when it has been failing
	Retry   time.Time // when it is tried again, where it failed
}

// New makes a downlink. It asks nothing before Round or Run.
func New(options Options) (*Downlink, error) {
	if err := options.complete(); err != nil {
		return nil, err
	}
	m, err := newMetrics(options.Registry)
	if err != nil {
		return nil, fmt.Errorf("downlink: registering metrics: %w", err)
	}
	return &Downlink{Options: options, metrics: m, asking: make(chan struct{}, lookupsAtOnce)}, nil
}

// State tells how it does.
func (d *Downlink) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// Round asks for what is new, waiting at most so long for something, and applies all there is.
func (d *Downlink) Round(ctx context.Context, wait time.Duration) error {
	_, err := d.round(ctx, wait)
	return err
}

// round reports whether anything came.
func (d *Downlink) round(ctx context.Context, wait time.Duration) (news bool, err error) {
	for {
		asked := d.Now() // an erasure that is ordered while head office answers may be missing
		page, cursor, err := d.ask(ctx, wait)
		if err != nil {
			return news, err
		}
		applying := d.Now()
		if len(page.Changes) > 0 || page.Cursor != cursor {
			if err := d.apply(ctx, page); err != nil {
				return news, err
			}
			news = true
		}
		if !page.More {
			return news, d.complete(ctx, asked)
		}
		if page.Cursor == cursor {
			return news, errors.New("head office has more to tell, but does not go on")
		}
		wait = 0
		if err := d.rest(ctx, d.Now().Sub(applying)); err != nil {
			return news, err
		}
	}
}

// rest leaves the core, and the box's writer, to others after what the last page took of it.
func (d *Downlink) rest(ctx context.Context, busy time.Duration) error {
	if pause := d.Pace.Rest(d.Now(), busy); pause > 0 {
		sleep(ctx, pause, nil)
	}
	return ctx.Err()
}

// ask asks for one page. Where head office does not know the cursor (it was restored from a backup, or is another), both
// begin anew: everything is asked for, and everything is offered, for it may have lost what it had. Whatever comes twice
// changes nothing.
func (d *Downlink) ask(ctx context.Context, wait time.Duration) (page edge.Page, cursor string, err error) {
	cursor, _, err = d.Store.Cursor(ctx)
	if err != nil {
		return page, "", fmt.Errorf("reading the cursor: %w", err)
	}
	page, err = d.Link.Changes(ctx, cursor, wait)
	refused, answered := errors.AsType[*link.Refused](err)
	if answered && refused.Ours() && refused.Status == http.StatusGone && cursor != "" {
		d.Log.Warn("head office does not know where this store has read to; it is asked for everything, and told everything")
		if err := d.Store.StartOver(ctx); err != nil {
			return page, "", err
		}
		cursor = ""
		page, err = d.Link.Changes(ctx, "", 0)
	}
	page.From = &cursor
	if err != nil && ctx.Err() == nil {
		d.metrics.failures.Inc()
		d.Gate.Shut()
	}
	return page, cursor, err
}

func (d *Downlink) apply(ctx context.Context, page edge.Page) error {
	applied, err := d.Store.Apply(ctx, page)
	if err != nil {
		return fmt.Errorf("applying changes: %w", err)
	}
	d.metrics.changes.Add(float64(len(page.Changes)))
	d.OnApplied(applied)
	return nil
}

// complete notes that nothing is left to be told, which lets records go up.
func (d *Downlink) complete(ctx context.Context, asked time.Time) error {
	if err := d.Store.Asked(ctx, asked); err != nil {
		return fmt.Errorf("noting that head office was asked: %w", err)
	}
	d.mu.Lock()
	d.state.Reached = d.Now()
	d.mu.Unlock()
	d.Gate.Open()
	return nil
}
