// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"redbench/edge"
)

const (
	// linger is how long the writer waits for company before it syncs: a sync costs the same for one entry as for a
	// hundred, and nobody at the till sees the acknowledgement.
	linger = 3 * time.Millisecond
	// maxBatch bounds one transaction.
	maxBatch = 512
	// queueLength is how many entries may wait for the disk before tills are made to wait.
	queueLength = 4096
	// tryAgain is the pause before a transaction that failed is tried again.
	tryAgain = time.Second
)

// committer is the one method that the writer needs.
type committer interface {
	Commit(ctx context.Context, entries []edge.Entry) ([]edge.Result, error)
}

type job struct {
	entry edge.Entry
	done  func(edge.Result, error) // may be nil
}

// writer turns a stream of entries into few transactions: one goroutine, one sync for many.
type writer struct {
	store   committer
	log     *slog.Logger
	metrics *metrics
	trouble func(error)
	queue   chan job
	giveUp  chan struct{} // closed by hurry: what cannot be written now stays unanswered
	ended   chan struct{}

	open   sync.RWMutex // held for reading while putting, so that the queue is not closed under a late timer
	closed bool

	mu  sync.Mutex
	err error
}

var errStopping = errors.New("the box is stopping")

func startWriter(store committer, log *slog.Logger, m *metrics, trouble func(error)) *writer {
	if trouble == nil {
		trouble = func(error) {}
	}
	w := &writer{store: store, log: log, metrics: m, trouble: trouble, queue: make(chan job, queueLength),
		giveUp: make(chan struct{}), ended: make(chan struct{})}
	go w.run()
	return w
}

// put hands an entry over. done is called once it is durable, or once it is known that it will not be.
func (w *writer) put(entry edge.Entry, done func(edge.Result, error)) {
	w.open.RLock()
	defer w.open.RUnlock()
	if w.closed {
		if done != nil {
			done(0, errStopping)
		}
		return
	}
	w.queue <- job{entry, done}
}

// hurry ends all patience with a broken disk: what it does not take now was never acknowledged.
func (w *writer) hurry() { close(w.giveUp) }

// stop commits what is queued and ends. hurry goes before.
func (w *writer) stop() {
	w.open.Lock()
	w.closed = true
	close(w.queue)
	w.open.Unlock()
	<-w.ended
}

func (w *writer) lastError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

func (w *writer) run() {
	defer close(w.ended)
	batch := make([]job, 0, maxBatch)
	for first := range w.queue {
		batch = w.gather(append(batch[:0], first))
		w.commit(batch)
		clear(batch)
	}
}

// gather waits a little for more entries.
func (w *writer) gather(batch []job) []job {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	for len(batch) < maxBatch {
		select {
		case next, open := <-w.queue:
			if !open {
				return batch
			}
			batch = append(batch, next)
		case <-timer.C:
			return batch
		}
	}
	return batch
}

// commit tries until it works: what the lanes have seen happen must become durable as it is, because a redelivery would
// not happen again. Meanwhile nobody is told "stored", and when the queue is full, tills wait.
func (w *writer) commit(batch []job) {
	entries := make([]edge.Entry, len(batch))
	for i, j := range batch {
		entries[i] = j.entry
	}
	for {
		results, err := w.try(entries)
		if err != nil && w.again() {
			continue
		}
		for i, j := range batch {
			switch {
			case j.done == nil:
			case err != nil:
				j.done(0, err)
			default:
				j.done(results[i], nil)
			}
		}
		return
	}
}

func (w *writer) try(entries []edge.Entry) ([]edge.Result, error) {
	start := time.Now()
	// No deadline: giving up on a slow disk would lose what can still be kept.
	results, err := w.store.Commit(context.Background(), entries)
	w.metrics.commits.Observe(time.Since(start).Seconds())
	w.metrics.batch.Observe(float64(len(entries)))
	w.note(err)
	return results, err
}

// again waits before another try, or tells that there is none.
func (w *writer) again() bool {
	timer := time.NewTimer(tryAgain)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.giveUp:
		return false
	}
}

// note remembers the outcome and logs when it changes, so that a full disk is one line and not thousands.
func (w *writer) note(err error) {
	w.mu.Lock()
	before := w.err
	w.err = err
	w.mu.Unlock()
	switch {
	case err != nil && before == nil:
		w.log.Error("writing to the store does not work; trying again, and acknowledging nothing until it does", "error", err)
		w.trouble(err)
	case err == nil && before != nil:
		w.log.Info("writing to the store works again")
		w.trouble(nil)
	}
	if err != nil {
		w.metrics.commitErrors.Inc()
	}
}
