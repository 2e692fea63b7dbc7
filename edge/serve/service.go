// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/lane"
	"redbench/edge/playbook"
)

// Store is what the hot path needs of the profile store.
type Store interface {
	Seen(ctx context.Context, key edge.EventKey) (body [16]byte, found bool, err error)
	Tap(ctx context.Context, key edge.EventKey, id edge.Identifier) (edge.Tap, error)
	ProfileOf(ctx context.Context, ref edge.CustomerRef) (edge.Profile, error)
	PromptOf(ctx context.Context, prompt string) (edge.CustomerRef, map[string]edge.Line, error)
	WordKnown(ctx context.Context, word string) (bool, error)
	RuleTallies() []edge.Tally
	Lanes(ctx context.Context) ([]edge.LaneRecord, error)
	Clocks(ctx context.Context) ([]edge.SourceClock, error)
	Commit(ctx context.Context, entries []edge.Entry) ([]edge.Result, error)
}

// Decoder turns a till's message into events. Its errors are *adapt.Rejection.
type Decoder interface {
	DecodeAll(msg edge.Message) ([]edge.Event, error)
	DecodeProbe(msg edge.Message) (edge.Event, error)
}

// Screens shows something on every screen of a lane. It must not block.
type Screens interface {
	Show(lane string, what edge.Shown)
}

// Digester makes keyed digests, so that what is kept to recognise an event cannot be guessed back to a card number.
type Digester interface {
	Digest(parts ...[]byte) [16]byte
}

// Guard finds what must not come in with a cashier's note.
type Guard interface {
	Find(text []byte) (what string, found bool)
}

// Options are what a Service is made of; all are required where nothing else is said.
type Options struct {
	StoreID   string
	StoreName string // as people say it: where something was told
	Language  string // of the texts on the screens: "en", "it"
	Zone      *time.Location
	Timing    lane.Timing

	Store    Store
	Decoder  Decoder
	Screens  Screens
	Digester Digester
	Guard    Guard
	Playbook *playbook.Playbook // to begin with
	Log      *slog.Logger
	Metrics  prometheus.Registerer // nil: none
	Refused  func(edge.Refused)    // told of each refused message; nil: nobody. It must not block
	Trouble  func(error)           // told when writing begins to fail, and with nil when it works again; nil: nobody

	Experiment Experiment // zero: every prompt is shown

	// Ask asks elsewhere who has a card that is not known here, and takes what it learns into the record; nil: there is
	// nobody to ask. It gives edge.ErrNotFound where nobody knows her. AskWithin is how long it has: 0 is 300 ms.
	Ask       func(ctx context.Context, id edge.Identifier) (edge.CustomerRef, error)
	AskWithin time.Duration

	Now func() time.Time // nil: time.Now
}

// Service serves every lane of one store.
type Service struct {
	Options
	writer  *writer
	clocks  *clocks
	metrics *metrics
	flight  *flight
	rules   atomic.Pointer[playbook.Playbook]
	silent  atomic.Bool
	painted atomic.Int64 // microseconds
	heard   atomic.Int64 // messages of tills
	card    atomic.Pointer[time.Time]
	probes  probes

	running context.Context // ends with Stop
	end     context.CancelFunc
	asking  chan struct{} // a place for each question under way
	asked   sync.WaitGroup

	mu    sync.Mutex
	lanes map[string]*laneState
}

// New loads the lanes and the tills' clocks as they were left, and starts the writer. Stop ends it.
func New(ctx context.Context, o Options) (*Service, error) {
	if o.StoreName == "" {
		o.StoreName = o.StoreID
	}
	if o.AskWithin <= 0 {
		o.AskWithin = 300 * time.Millisecond
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Service{Options: o, metrics: newMetrics(o.Metrics), flight: newFlight(), lanes: map[string]*laneState{},
		asking: make(chan struct{}, maxAsking), probes: probes{topic: adapt.ProbeTopic(o.StoreID)}}
	s.rules.Store(o.Playbook)
	s.running, s.end = context.WithCancel(context.WithoutCancel(ctx))
	known, err := o.Store.Clocks(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading the tills' clocks: %w", err)
	}
	s.clocks = newClocks(known)
	records, err := o.Store.Lanes(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading the lanes: %w", err)
	}
	s.writer = startWriter(o.Store, o.Log, s.metrics, o.Trouble)
	for _, record := range records {
		s.restore(record)
	}
	return s, nil
}

// Stop ends the timers, commits what is under way and returns when it is durable. Nothing may be received after.
func (s *Service) Stop() {
	s.end()
	s.asked.Wait()
	s.writer.hurry() // first: a lane may be waiting for a writer that waits for a broken disk
	s.mu.Lock()
	for _, l := range s.lanes {
		l.stop()
	}
	s.mu.Unlock()
	s.writer.stop()
}

// Lanes names every lane that was seen or paired, in no order.
func (s *Service) Lanes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.lanes))
	for name := range s.lanes {
		names = append(names, name)
	}
	return names
}

// Err is the writer's last failure, or nil when its last transaction went well.
func (s *Service) Err() error { return s.writer.lastError() }

// Idle is what a screen shows between customers: the principle of the day.
func (s *Service) Idle() edge.Idle {
	return edge.Idle{Principle: s.Rules().Principle(s.Now().In(s.Zone), s.Language)}
}

// Forgotten takes a customer who was just forgotten off every lane, and tells on how many she was.
func (s *Service) Forgotten(ref edge.CustomerRef) (cleared int) {
	for _, name := range s.Lanes() {
		l, err := s.lane(name)
		if err != nil {
			continue
		}
		if l.forget(ref) {
			cleared++
		}
		s.step(l, lane.Forgotten{Customer: ref, At: s.Now()}, edge.Entry{}, nil, nil)
	}
	return cleared
}

// Joined makes the lanes follow when two customers turned out to be one person. It goes before Recheck.
func (s *Service) Joined(from, into edge.CustomerRef) {
	for _, name := range s.Lanes() {
		_ = s.joinOn(name, from, into) // a lane that is there
	}
}

// Recheck makes the lanes follow the record: who was taken out of it, or said no, leaves them, and of who took back
// only that she is remembered, nothing but her name stays.
func (s *Service) Recheck(ctx context.Context) error {
	for _, name := range s.Lanes() {
		l, err := s.lane(name)
		if err != nil {
			return err
		}
		ref := l.holder()
		if ref == edge.Stranger {
			continue
		}
		profile, err := s.profile(ctx, ref)
		switch {
		case err != nil:
			return err
		case profile.Customer.Ref == edge.Stranger, profile.Customer.Consent == edge.ConsentNone:
			s.Forgotten(ref)
		case profile.Customer.Consent == edge.ConsentRecognise:
			s.silence(l, func(p edge.Prompt) bool { return p.Customer == ref }, edge.LineNames...)
		}
	}
	return nil
}
