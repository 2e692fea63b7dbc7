// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"redbench/edge"
)

// shelf holds relayed events, as the store does.
type shelf struct {
	mu     sync.Mutex
	events []edge.Relayed
}

func (s *shelf) Relayed(_ context.Context, limit int) ([]edge.Relayed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events[:min(limit, len(s.events))]), nil
}

func (s *shelf) RelayedDone(_ context.Context, ids []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = slices.DeleteFunc(s.events, func(e edge.Relayed) bool { return slices.Contains(ids, e.ID) })
	return nil
}

func (s *shelf) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.events)
}

func newShelf(n int) *shelf {
	s := &shelf{}
	for i := range n {
		s.events = append(s.events, edge.Relayed{ID: fmt.Sprint(i), Lane: "3", Waited: 70, Payload: []byte(`{"type":"redbench.loyalty.presented"}`)})
	}
	return s
}

func newRelay(s *shelf, receive func(edge.Message, func(error))) *relay {
	return &relay{store: s, storeID: "harbour", receive: receive, log: slog.New(slog.DiscardHandler), kick: make(chan struct{}, 1)}
}

func TestRelayedEventsGoOnceTheyAreDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(2*relaysAtOnce + 1)
		heard := 0
		r := newRelay(s, func(m edge.Message, done func(error)) {
			heard++
			if m.Topic != "redbench/v1/harbour/3/loyalty" || m.Waited != 70*time.Millisecond || m.Arrived.IsZero() {
				t.Errorf("received %+v", m)
			}
			go done(nil) // the writer's goroutine
		})
		r.start()
		defer r.stop()
		synctest.Wait()
		if s.left() != 0 || heard != 2*relaysAtOnce+1 {
			t.Errorf("%d left, %d heard", s.left(), heard)
		}
		s.mu.Lock()
		s.events = newShelf(1).events
		s.mu.Unlock()
		r.news()
		synctest.Wait()
		if s.left() != 0 {
			t.Error("what came later was not taken")
		}
	})
}

func TestAnEventThatCouldNotBeStoredStaysAndIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(3)
		var works atomic.Bool
		r := newRelay(s, func(_ edge.Message, done func(error)) {
			if works.Load() {
				done(nil)
				return
			}
			done(errors.New("the disk is full"))
		})
		r.start()
		defer r.stop()
		synctest.Wait()
		if s.left() != 3 {
			t.Errorf("%d left", s.left())
		}
		works.Store(true)
		time.Sleep(relayAgain)
		synctest.Wait()
		if s.left() != 0 {
			t.Errorf("%d left", s.left())
		}
	})
}

// A writer that never answers must not keep the box from stopping.
func TestStoppingDoesNotWaitForAnEventThatIsNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf(1)
		r := newRelay(s, func(edge.Message, func(error)) {})
		r.start()
		synctest.Wait()
		r.stop()
		if s.left() != 1 {
			t.Error("it is gone")
		}
	})
}
