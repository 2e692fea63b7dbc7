// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"io"
	"sync"
	"time"
)

// watch ends a call on which nothing moves for too long. A call that moves may take as long as it needs: a slow line is
// not a broken one.
type watch struct {
	mu     sync.Mutex
	timer  *time.Timer
	limit  time.Duration
	cancel context.CancelCauseFunc
}

func newWatch(ctx context.Context, limit time.Duration) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{limit: limit, cancel: cancel}
	w.timer = time.AfterFunc(limit, func() { cancel(ErrSilent) })
	return ctx, w
}

// moved starts the time anew.
func (w *watch) moved(limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Reset(limit)
}

func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// reader tells the watch of each piece that is read.
func (w *watch) reader(from io.Reader) io.Reader { return &watched{from: from, watch: w} }

type watched struct {
	from  io.Reader
	watch *watch
}

func (r *watched) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if n > 0 {
		r.watch.moved(r.watch.limit)
	}
	return n, err
}
