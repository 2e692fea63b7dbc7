// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"redbench/sync/link"
)

// fails makes the next call wait, at random so that a chain's boxes do not come all at once. Credentials that hold no
// longer are tried again as seldom as anything is.
func (r *runner) fails(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
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
		level = slog.LevelWarn // the first of a row is news, the hundredth is not
	}
	r.retry = now.Add(r.backoff.Failed(asked))
	r.due = r.retry
	r.note(func(s *State) {
		if s.Error == "" {
			s.Since = now
		}
		s.Error, s.Retry = err.Error(), r.retry
	})
	r.Log.Log(ctx, level, "sending to head office", "error", err, "again", r.retry)
}

func (r *runner) goesWell() {
	if failures := r.backoff.Failures(); failures > 0 {
		r.Log.Info("sending to head office works again", "failures", failures)
		r.Gate.Reached()
	}
	r.backoff.Reset()
	waiting := r.waiting()
	r.note(func(s *State) { s.Error, s.Since, s.Retry, s.Waiting = "", time.Time{}, time.Time{}, waiting })
}
