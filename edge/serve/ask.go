// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"errors"

	"redbench/edge"
	"redbench/edge/lane"
)

// maxAsking bounds how many cards are asked about at a time. A till that sends a thousand unknown cards must not make a
// thousand questions of them.
const maxAsking = 8

// ask asks elsewhere, in the background, who an unknown card's owner is. She was greeted as a stranger; if the answer
// comes while she is still there, her prompt takes that one's place.
func (s *Service) ask(l *laneState, id edge.Identifier, prompt string) {
	if s.Ask == nil {
		return
	}
	select {
	case s.asking <- struct{}{}:
	default:
		s.metrics.asked.WithLabelValues("busy").Inc()
		return
	}
	s.asked.Go(func() {
		defer func() { <-s.asking }()
		ctx, cancel := context.WithTimeout(s.running, s.AskWithin)
		defer cancel()
		ref, err := s.Ask(ctx, id)
		s.metrics.asked.WithLabelValues(answer(err)).Inc()
		if err == nil {
			s.recognised(ctx, l, prompt, ref)
		}
	})
}

func answer(err error) string {
	switch {
	case err == nil:
		return "known"
	case errors.Is(err, edge.ErrNotFound), errors.Is(err, edge.ErrAmbiguous):
		return "unknown"
	case errors.Is(err, context.DeadlineExceeded):
		return "late"
	}
	return "failed"
}

// recognised gives the lane to somebody who was greeted as a stranger, unless she does not wish to be known.
func (s *Service) recognised(ctx context.Context, l *laneState, prompt string, ref edge.CustomerRef) {
	profile, err := s.profile(ctx, ref)
	if err != nil || profile.Customer.Ref == edge.Stranger || profile.Customer.Consent == edge.ConsentNone {
		return
	}
	l.drop(prompt)
	s.step(l, lane.Recognised{Prompt: prompt, Customer: ref, At: s.Now()}, edge.Entry{}, &profile, nil)
}

// drop lets go of a prompt that is at hand: it is chosen anew, under the same id.
func (l *laneState) drop(prompt string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, p := range l.prompts {
		if p.ID == prompt {
			l.prompts = append(l.prompts[:i:i], l.prompts[i+1:]...)
			return
		}
	}
}
