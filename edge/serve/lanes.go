// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"sync"
	"time"

	"redbench/edge"
	"redbench/edge/lane"
	"redbench/edge/playbook"
)

// recentPrompts is how many prompts a lane keeps at hand: a word about one may overtake the prompt's own commit.
const recentPrompts = 8

// laneState is one lane: its state, its timer, and the prompts that words may still come for. The mutex makes a lane's
// causes happen one after the other; lanes do not wait for each other.
type laneState struct {
	name string

	mu      sync.Mutex
	state   lane.State
	timer   *time.Timer
	stopped bool
	prompts []edge.Prompt // newest last
	cashier string        // who works here, as far as the till tells; whoever is told something is named with it
	heard   time.Time     // when the till told it
	row     int           // checkouts that followed upon each other before this one
	done    time.Time     // when the last one was completed; zero: the next has begun
	probe   *Probe        // the test event whose lane this is, for it alone; nil: a till's lane
}

// lane finds or makes a lane. Beyond edge.MaxLanes it refuses, so that a broken till cannot fill the box with lanes.
func (s *Service) lane(name string) (*laneState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.lanes[name]; ok {
		return l, nil
	}
	if !edge.ValidLane(name) {
		return nil, edge.Refuse("lane", "a lane's name has 1 to 32 letters, digits, - and _, and is not \"box\"")
	}
	if len(s.lanes) >= edge.MaxLanes {
		return nil, edge.Refuse("lanes", "this box knows %d lanes already, which is the limit", edge.MaxLanes)
	}
	l := &laneState{name: name}
	s.lanes[name] = l
	return l, nil
}

// AddLane makes a lane known before its till spoke, as pairing does.
func (s *Service) AddLane(name string) error {
	_, err := s.lane(name)
	return err
}

// restore brings a lane back as it was before the daemon stopped, so that the checkout under way still finds its
// customer. Its screen stays idle: what was on it may be out of date.
func (s *Service) restore(record edge.LaneRecord) {
	l, err := s.lane(record.Lane)
	if err != nil {
		s.Log.Warn("lane not restored", "lane", record.Lane, "error", err)
		return
	}
	state, err := lane.Decode(record.State)
	if err != nil {
		s.Log.Warn("lane not restored", "lane", record.Lane, "error", err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	state.Shown = time.Time{} // so that the same card greets again
	l.state = state
	s.arm(l)
	if state.Paused.After(s.Now()) {
		s.Screens.Show(l.name, edge.Clear{Reason: edge.ClearPaused})
	}
}

// arm sets the lane's timer to the state's next deadline. The caller holds l.mu.
func (s *Service) arm(l *laneState) {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	deadline := l.state.Deadline()
	if deadline.IsZero() || l.stopped {
		return
	}
	l.timer = time.AfterFunc(max(0, deadline.Sub(s.Now())), func() {
		s.step(l, lane.Tick{At: s.Now()}, edge.Entry{}, nil, nil)
	})
}

func (l *laneState) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	if l.timer != nil {
		l.timer.Stop()
	}
}

// hear learns from an event who works at the lane, and how busy it is.
func (l *laneState) hear(ev edge.Event, stale bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !stale {
		l.queue(ev.Type, time.Now())
	}
	switch {
	case ev.Type == edge.ShiftEnded:
		l.cashier = ""
	case ev.Cashier != "":
		l.cashier, l.heard = ev.Cashier, time.Now()
	}
}

// queue counts checkouts that follow upon each other: then customers stand in line.
func (l *laneState) queue(event edge.EventType, now time.Time) {
	switch event {
	case edge.CheckoutCompleted:
		l.done = now
	case edge.CheckoutStarted, edge.LoyaltyPresented:
		if !l.done.IsZero() {
			l.row, l.done = playbook.InRow(l.row, now.Sub(l.done)), time.Time{}
		}
	}
}

// longestShift is how long a till's word on its cashier is believed: not every till tells when a shift ends.
const longestShift = 12 * time.Hour

func (l *laneState) toldTo() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.heard) > longestShift {
		return ""
	}
	return l.cashier
}

// keep holds a prompt at hand. The caller holds l.mu.
func (l *laneState) keep(p edge.Prompt) {
	l.prompts = append(l.prompts, p)
	if len(l.prompts) > recentPrompts {
		l.prompts = l.prompts[1:]
	}
}

// prompt finds a prompt that is still at hand.
func (l *laneState) prompt(id string) (edge.Prompt, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.atHand(id)
}

// atHand is prompt for a caller that holds l.mu.
func (l *laneState) atHand(id string) (edge.Prompt, bool) {
	for _, p := range l.prompts {
		if p.ID == id {
			return p, true
		}
	}
	return edge.Prompt{}, false
}

// canUndo reports whether the prompt's card replaced another that can come back.
func (l *laneState) canUndo(prompt string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.CanUndo(prompt)
}

// join makes one customer's prompts at hand another's.
func (l *laneState) join(from, into edge.CustomerRef) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.prompts {
		if l.prompts[i].Customer == from {
			l.prompts[i].Customer = into
		}
	}
}

func (l *laneState) holder() edge.CustomerRef {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.Holder.Customer
}

// forget drops a customer's prompts, and tells whether she holds the lane.
func (l *laneState) forget(ref edge.CustomerRef) (held bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.prompts[:0]
	for _, p := range l.prompts {
		if p.Customer != ref {
			kept = append(kept, p)
		}
	}
	clear(l.prompts[len(kept):])
	l.prompts = kept
	return l.state.Holder.Customer == ref
}
