// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"strings"
	"sync"
)

// strands carry out what one connection brings: of each strand one after the other, in the order in which it came, and those
// of different strands at the same time. A box has one connection to an outside broker for all its tills: without strands a
// till whose customer has to be read from a busy disk would hold up the cards of all others.
type strands struct {
	mu    sync.Mutex
	queue map[string][]func() // of the strands that work now, without what they do at the moment
	ended bool
	work  sync.WaitGroup
}

func newStrands() *strands { return &strands{queue: map[string][]func(){}} }

// do queues f in a strand. It does not wait for it: of one connection's messages no more than [Window] wait.
func (s *strands) do(strand string, f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting, works := s.queue[strand]
	switch {
	case s.ended:
	case works:
		s.queue[strand] = append(waiting, f)
	default:
		s.queue[strand] = nil
		s.work.Go(func() {
			for ; f != nil; f = s.next(strand) {
				f()
			}
		})
	}
}

// end drops what waits, and waits for what is under way, but not beyond expired. Nothing is done from now on.
func (s *strands) end(expired <-chan struct{}) {
	s.mu.Lock()
	s.ended = true
	for strand := range s.queue {
		s.queue[strand] = nil
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.work.Wait(); close(done) }()
	select {
	case <-done:
	case <-expired:
	}
}

// next takes what is to be done next in a strand. Where there is nothing, the strand ends.
func (s *strands) next(strand string) (f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := s.queue[strand]
	if len(waiting) == 0 {
		delete(s.queue, strand)
		return nil
	}
	f, waiting[0] = waiting[0], nil
	s.queue[strand] = waiting[1:]
	return f
}

// strand is what a message must keep its place among: the other messages of its lane. An adapter's may be of any lane, which is
// known once its program ran, and a till may speak both ways: where there are adapters all messages are one strand.
func (c *Client) strand(topic string) string {
	if len(c.options.Topics) > 0 {
		return ""
	}
	return topic[:max(strings.LastIndexByte(topic, '/'), 0)]
}
