// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"redbench/edge"
	"redbench/edge/lane"
)

// Probe is a test event of the box's own: a card that nobody has, on a lane that no till has. It takes the way of every
// other and leaves nothing behind: no event, no prompt, no lane, nothing that is counted.
//
// Its id is random, and signed with a key of this box. Whoever can publish on its topic can neither make one nor use one
// twice, and one that was given up, or is of an earlier run and was kept by the broker, is known for the box's own and dropped.
type Probe struct {
	id      string
	payload []byte
	taken   atomic.Bool
	settled chan struct{}
	heard   chan struct{}

	mu    sync.Mutex
	steps map[string]Reached
}

// Reached is when a step of a test event's way was done, or why it was not.
type Reached struct {
	At  time.Time
	Err error
}

// probes is what the service knows of test events.
type probes struct {
	topic    string
	expected atomic.Pointer[Probe] // the one under way; an older one was given up
}

// NewProbe makes a test event and expects it: it is to be published on its topic, or given to Receive.
func (s *Service) NewProbe() *Probe {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails
	id := s.probeID(nonce)
	payload, err := json.Marshal(map[string]any{"specversion": "1.0", "id": id, "source": "/redbench/probe",
		"type": edge.LoyaltyPresented, "time": time.Now().UTC().Format(time.RFC3339Nano),
		"data": map[string]string{"identifier": "redbench-probe-" + id[:len(id)/2], "kind": string(edge.KindApp)}})
	if err != nil {
		panic(err) // strings alone
	}
	p := &Probe{id: id, payload: payload, settled: make(chan struct{}), heard: make(chan struct{}), steps: map[string]Reached{}}
	s.probes.expected.Store(p)
	return p
}

// probeID is a nonce and its signature. It is written in letters: among digits one in some thousands would be taken for a
// payment card's number.
func (s *Service) probeID(nonce []byte) string {
	signature := s.Digester.Digest([]byte("a test event of the box"), []byte(s.StoreID), nonce)
	letters := make([]byte, 0, 64)
	for _, b := range append(bytes.Clone(nonce), signature[:]...) {
		letters = append(letters, 'a'+b>>4, 'a'+b&15)
	}
	return string(letters)
}

// isProbeID reports whether this box made an id, now or in an earlier run.
func (s *Service) isProbeID(id string) bool {
	if len(id) != 64 {
		return false
	}
	nonce := make([]byte, 16)
	for i := range nonce {
		nonce[i] = (id[2*i]-'a')<<4 | (id[2*i+1]-'a')&15
	}
	return id == s.probeID(nonce)
}

// Event is the id of the test event, by which its prompt is known.
func (p *Probe) Event() string { return p.id }

// Payload is the test event as it is published.
func (p *Probe) Payload() []byte { return p.payload }

// Heard is closed once the test event has arrived.
func (p *Probe) Heard() <-chan struct{} { return p.heard }

// Settled is closed once it is durable, or cannot be.
func (p *Probe) Settled() <-chan struct{} { return p.settled }

// Reached tells how a step went, and whether it is over.
func (p *Probe) Reached(step string) (Reached, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.steps[step]
	return r, ok
}

func (p *Probe) reach(step string) { p.note(step, nil) }

func (p *Probe) note(step string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, already := p.steps[step]; !already {
		p.steps[step] = Reached{At: time.Now(), Err: err}
	}
}

// ProbeTopic is where a test event is published.
func (s *Service) ProbeTopic() string { return s.probes.topic }

// Heard tells how many messages of tills have come: what comes is no sign that all is well, but one that the ear is.
func (s *Service) Heard() int64 { return s.heard.Load() }

// LastCard is when a till last told of a card; the zero time: never yet.
func (s *Service) LastCard() time.Time {
	if at := s.card.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// receiveProbe takes a message on the topic of test events, unless it is none: then it is refused as any other on a lane
// that cannot be.
func (s *Service) receiveProbe(msg edge.Message, done func(error)) bool {
	p := s.probes.expected.Load()
	if p != nil && bytes.Equal(msg.Payload, p.payload) && !msg.Retained && p.taken.CompareAndSwap(false, true) {
		s.follow(p, msg, done)
		return true
	}
	if ev, err := s.Decoder.DecodeProbe(msg); err != nil || !s.isProbeID(ev.ID) {
		return false
	}
	done(nil)
	return true
}

// follow takes a test event its way. What breaks on it is told, and the event acknowledged: it need not come again.
func (s *Service) follow(p *Probe, msg edge.Message, done func(error)) {
	step := edge.StepMQTT
	settle := sync.OnceFunc(func() { close(p.settled); done(nil) })
	failed := func(err error) { p.note(step, err); settle() }
	defer func() {
		if what := recover(); what != nil { // a till's event would end the process; this one has to tell of it
			if _, over := p.Reached(step); over {
				step = edge.StepStore
			}
			failed(fmt.Errorf("it panicked: %v", what))
		}
	}()
	p.reach(step)
	close(p.heard)
	step = edge.StepDecode
	ev, err := s.Decoder.DecodeProbe(msg)
	if err != nil {
		failed(err)
		return
	}
	p.reach(step)
	step = edge.StepProfile
	profile, err := s.nobody(ev)
	if err != nil {
		failed(err)
		return
	}
	p.reach(step)
	step = edge.StepChoose
	// A lane of its own for each, as new: nobody stands there, and no timer runs for it.
	l := &laneState{name: edge.ProbeLane, probe: p, stopped: true}
	s.step(l, lane.Till{Event: ev, Prompt: newID(), At: time.Now()}, edge.Entry{}, profile, func(result edge.Result, err error) {
		if err == nil && result == edge.Failed {
			err = errors.New("the store could not keep it; the log says why")
		}
		p.note(edge.StepStore, err)
		settle()
	})
}

// PassLanes goes through every lane's door, and does not return while one is stuck.
func (s *Service) PassLanes() {
	for _, name := range s.Lanes() {
		if l, err := s.lane(name); err == nil {
			l.pass()
		}
	}
}

func (l *laneState) pass() {
	l.mu.Lock()
	defer l.mu.Unlock()
}

// nobody asks the record whose card a test event is.
func (s *Service) nobody(ev edge.Event) (*edge.Profile, error) {
	key := edge.EventKey(s.Digester.Digest([]byte(ev.Store), []byte(ev.Source), []byte(ev.ID)))
	tap, err := s.Store.Tap(context.Background(), key, ev.Identifier)
	switch {
	case err != nil:
		return nil, err
	case tap.Unknown == nil:
		return nil, errors.New("somebody has the test event's card")
	case !expected(tap.Unknown):
		return nil, tap.Unknown
	}
	return &edge.Profile{}, nil
}
