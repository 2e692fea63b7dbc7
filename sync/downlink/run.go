// SPDX-License-Identifier: Apache-2.0

package downlink

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"redbench/sync/link"
)

const (
	shortestWait = 5 * time.Second
	longerAfter  = time.Hour
)

// Run asks until the context ends: at once, and then with questions that wait at head office for something to tell. When
// the gate is shut by somebody else, the link broke: the question under way is given up and asked anew.
// When the uplink reaches head office again, nothing waits out its back-off: what silences prompts comes this way.
func (d *Downlink) Run(ctx context.Context) error {
	r := &runner{Downlink: d, backoff: link.Backoff{Random: d.Random}, quick: link.Backoff{Random: d.Random}, wait: d.Wait}
	for ctx.Err() == nil {
		r.least, r.again = 0, d.Gate.Again() // from before the question: head office may come back while that one fails
		pause := r.turn(ctx)
		sleep(ctx, min(r.least, pause), nil)
		sleep(ctx, pause-r.least, r.again)
	}
	return ctx.Err()
}

// runner is what Run remembers between two questions.
type runner struct {
	*Downlink
	backoff link.Backoff
	quick   link.Backoff // answers with nothing in them that came too soon
	wait    time.Duration
	longer  time.Time       // when a longer wait may be tried again
	least   time.Duration   // of the pause: head office asked for it
	again   <-chan struct{} // ends the rest of it; nil: it is waited out
}

// turn asks once and gives the time to pause.
func (r *runner) turn(ctx context.Context) time.Duration {
	wait := r.wait
	open, shut := r.Gate.Look()
	if !open || r.Every > 0 {
		wait = 0
	}
	asking, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if open {
		stop := afterwards(asking, shut, func() { cancel(errBroken) })
		defer stop()
	}
	began := r.Now()
	news, err := r.round(asking, wait)
	switch {
	case err == nil:
		return r.goesWell(news, wait, r.Now().Sub(began))
	case ctx.Err() != nil:
		return 0
	case errors.Is(context.Cause(asking), errBroken):
		return 0 // ask anew, without waiting
	}
	return r.fails(ctx, wait, err)
}

var errBroken = errors.New("the link broke")

// goesWell gives no pause but where head office, or something before it, answers "nothing" without having waited.
func (r *runner) goesWell(news bool, wait, took time.Duration) time.Duration {
	if failures := r.backoff.Failures(); failures > 0 {
		r.Log.Info("head office tells changes again", "failures", failures)
	}
	r.backoff.Reset()
	r.again = nil // a pause after this is none of a failure
	r.mu.Lock()
	r.state.Error, r.state.Since, r.state.Retry = "", time.Time{}, time.Time{}
	r.mu.Unlock()
	if r.wait < r.Wait && r.Now().After(r.longer) {
		r.wait = r.Wait
	}
	if r.Every > 0 {
		return r.Every
	}
	if news || wait == 0 || took > wait/2 {
		r.quick.Reset()
		return 0
	}
	return r.quick.Failed(0)
}

// fails gives the pause after a question that failed. The next one waits for less: a proxy may cut what takes long.
func (r *runner) fails(ctx context.Context, wait time.Duration, err error) time.Duration {
	if wait > 0 {
		r.wait = max(r.wait/2, min(shortestWait, r.Wait))
		r.longer = r.Now().Add(longerAfter)
	}
	var asked time.Duration
	if refused, ok := errors.AsType[*link.Refused](err); ok {
		asked = refused.RetryAfter
	}
	if errors.Is(err, link.ErrRevoked) || errors.Is(err, link.ErrUpgrade) {
		asked = max(asked, link.LongestRetry)
	}
	now, level := r.Now(), slog.LevelDebug
	if r.backoff.Failures() == 0 {
		level = slog.LevelWarn
	}
	pause := r.backoff.Failed(asked)
	r.least = asked
	r.mu.Lock()
	if r.state.Error == "" {
		r.state.Since = now
	}
	r.state.Error, r.state.Retry = err.Error(), now.Add(pause)
	r.mu.Unlock()
	r.Log.Log(ctx, level, "asking head office for changes", "error", err, "again", now.Add(pause))
	return pause
}

// afterwards calls then when the channel is closed, unless stop was called before.
func afterwards(ctx context.Context, closed <-chan struct{}, then func()) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-closed:
			then()
		case <-ctx.Done():
		}
	}()
	return func() { cancel(); <-done }
}

func sleep(ctx context.Context, pause time.Duration, sooner <-chan struct{}) {
	if pause <= 0 {
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-sooner:
	case <-ctx.Done():
	}
}
