// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"redbench/edge"
)

// Message is something that a till will publish: a made-up event, or a recorded one.
type Message struct {
	After   time.Duration // since the first message, as it was recorded or made up
	Lane    string        // which till sends it
	Topic   string
	Type    edge.EventType // empty where a recording does not tell
	Repeat  bool
	Payload func(now time.Time) []byte
}

// Messages turns a day into what its tills publish. An event that is sent again keeps the time of its first sending,
// as it does on a real till.
func Messages(day []Timed) iter.Seq[Message] {
	return func(yield func(Message) bool) {
		sent := map[string]*time.Time{} // only of what is sent twice
		for _, t := range day {
			if t.Repeat {
				sent[t.Event.ID] = new(time.Time)
			}
		}
		for _, t := range day {
			if !yield(t.message(day[0].At, sent[t.Event.ID])) {
				return
			}
		}
	}
}

func (t Timed) message(start time.Time, first *time.Time) Message {
	return Message{
		After:  t.At.Sub(start),
		Lane:   t.Lane,
		Topic:  t.Topic(),
		Type:   t.Event.Type,
		Repeat: t.Repeat,
		Payload: func(now time.Time) []byte {
			if first == nil {
				return t.Event.Payload(now)
			}
			if first.IsZero() {
				*first = now
			}
			return t.Event.Payload(*first)
		},
	}
}

// Counts is what a player has sent.
type Counts struct {
	Sent    int                    `json:"sent"`    // acknowledged by the broker
	Failed  int                    `json:"failed"`  // given up
	Repeats int                    `json:"repeats"` // of those sent: the same event once more
	Types   map[edge.EventType]int `json:"types"`
	Lanes   map[string]int         `json:"lanes"`
}

// Player sends messages as tills do: each lane in order, each message at its moment, the next one on a lane only when
// the broker has taken the one before.
type Player struct {
	Speed float64       // 60: an hour in a minute; 0: as fast as the lanes go
	Every time.Duration // instead of the recorded moments: one message each; 0: the recorded ones
	Send  func(ctx context.Context, lane, topic string, payload []byte) error
	Now   func() time.Time // default time.Now

	mu     sync.Mutex
	counts Counts
}

// Counts tells what was sent so far.
func (p *Player) Counts() Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.counts
	c.Types, c.Lanes = map[edge.EventType]int{}, map[string]int{}
	for k, v := range p.counts.Types {
		c.Types[k] = v
	}
	for k, v := range p.counts.Lanes {
		c.Lanes[k] = v
	}
	return c
}

// outgoing is a message whose moment has come.
type outgoing struct {
	Message
	payload []byte
}

// Play sends all messages and returns when the last is acknowledged, when ctx ends (which is no error), or with the
// first error of a lane. What waits on a lane when ctx ends is not sent.
func (p *Player) Play(ctx context.Context, messages iter.Seq[Message]) error {
	if p.Now == nil {
		p.Now = time.Now
	}
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	sending, giveUp := outliving(ctx, lastWord)
	defer giveUp()
	queues := map[string]chan outgoing{}
	var lanes sync.WaitGroup
	start, n := p.Now(), 0
	for m := range messages {
		if !p.until(inner, start.Add(p.due(m, n))) {
			break
		}
		n++
		queue, known := queues[m.Lane]
		if !known {
			queue = make(chan outgoing, 256)
			queues[m.Lane] = queue
			lanes.Go(func() { p.lane(inner, sending, stop, queue) })
		}
		select {
		case queue <- outgoing{m, m.Payload(p.Now())}: // stamped when it happened, not when the broker was free
		case <-inner.Done():
		}
	}
	for _, queue := range queues {
		close(queue)
	}
	lanes.Wait()
	if err := context.Cause(inner); ctx.Err() == nil && err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// lastWord is how long a message under way may still take when everything is told to stop.
const lastWord = 3 * time.Second

// outliving gives a context that ends a while after ctx does.
func outliving(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	forget := context.AfterFunc(ctx, func() { time.AfterFunc(by, cancel) })
	return longer, func() { forget(); cancel() }
}

// due is how long after the start the n-th message goes.
func (p *Player) due(m Message, n int) time.Duration {
	switch {
	case p.Every > 0:
		return time.Duration(n) * p.Every
	case p.Speed > 0:
		return time.Duration(float64(m.After) / p.Speed)
	}
	return 0
}

// until waits for a moment; false when ctx ended first.
func (p *Player) until(ctx context.Context, at time.Time) bool {
	if ctx.Err() != nil {
		return false
	}
	left := at.Sub(p.Now())
	if left <= 0 {
		return true
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// lane sends what comes from one queue, in order.
func (p *Player) lane(ctx, sending context.Context, stop context.CancelCauseFunc, queue <-chan outgoing) {
	for m := range queue {
		if ctx.Err() != nil {
			return
		}
		err := p.Send(sending, m.Lane, m.Topic, m.payload)
		p.count(m.Message, err)
		if err != nil {
			stop(err)
			return
		}
	}
}

func (p *Player) count(m Message, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counts.Types == nil {
		p.counts.Types, p.counts.Lanes = map[edge.EventType]int{}, map[string]int{}
	}
	if err != nil {
		p.counts.Failed++
		return
	}
	p.counts.Sent++
	p.counts.Types[m.Type]++
	p.counts.Lanes[m.Lane]++
	if m.Repeat {
		p.counts.Repeats++
	}
}
