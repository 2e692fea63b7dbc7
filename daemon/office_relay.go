// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"redbench/edge"
	"redbench/edge/adapt"
)

// relay takes events that vendors told head office to their lanes, as if the lane's till had published them. They rest in
// the store until the lane has made them durable.
type relay struct {
	store interface {
		Relayed(ctx context.Context, limit int) ([]edge.Relayed, error)
		RelayedDone(ctx context.Context, ids []string) error
	}
	storeID string
	receive func(edge.Message, func(error))
	log     *slog.Logger

	kick    chan struct{} // holds one while there may be something to do
	end     context.CancelFunc
	running sync.WaitGroup
}

const (
	relaysAtOnce = 64
	relayAgain   = 2 * time.Second // after a failure
)

// news says that there may be events to take.
func (r *relay) news() {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// start begins with what was left when the box stopped.
func (r *relay) start() {
	ctx, end := context.WithCancel(context.Background())
	r.end = end
	r.news()
	r.running.Go(func() { r.run(ctx) })
}

// stop returns once nothing is received any more. What is under way stays in the store, and comes again at the next start.
func (r *relay) stop() {
	if r.end != nil {
		r.end()
		r.running.Wait()
	}
}

func (r *relay) run(ctx context.Context) {
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.kick:
		case <-again:
		}
		again = nil
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = r.round(ctx); err != nil && ctx.Err() == nil {
				r.log.Error("taking a vendor's events to their lanes; trying again", "error", err)
				again = time.After(relayAgain)
				more = false
			}
		}
	}
}

// round takes some events to their lanes in order, and drops those that are durable there.
func (r *relay) round(ctx context.Context) (more bool, err error) {
	events, err := r.store.Relayed(ctx, relaysAtOnce)
	if err != nil || len(events) == 0 {
		return false, err
	}
	type outcome struct {
		id  string
		err error
	}
	outcomes := make(chan outcome, len(events))
	for _, e := range events {
		r.receive(edge.Message{Topic: adapt.Topic(r.storeID, e.Lane, e.Payload), Payload: e.Payload, Arrived: time.Now(),
			Waited: time.Duration(e.Waited) * time.Millisecond}, func(err error) { outcomes <- outcome{e.ID, err} })
	}
	var done []string
	var failed error
	for range events {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case o := <-outcomes:
			if o.err == nil {
				done = append(done, o.id)
			}
			failed = errors.Join(failed, o.err)
		}
	}
	if err := r.store.RelayedDone(ctx, done); err != nil {
		return false, err
	}
	return len(events) == relaysAtOnce, failed
}
