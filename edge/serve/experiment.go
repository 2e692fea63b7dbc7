// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"encoding/binary"
	"time"

	"redbench/edge"
)

// Experiment is what is done to learn whether prompts help. It concerns customers who wish to be remembered, since of
// others there is nothing to compare.
type Experiment struct {
	Silent         bool // no prompt is shown
	ControlPercent int  // how many of a hundred are held back by chance
}

// divide puts a prompt into a group of the experiment, and notes the group as an outcome of the prompt, so that head office
// learns of it. What outranks everything is never held back: nobody's promise is broken to learn something.
func (s *Service) divide(prompt *edge.Prompt, customer edge.Customer, entry *edge.Entry) {
	if s.Experiment == (Experiment{}) || customer.Consent != edge.ConsentRemember {
		return
	}
	group := s.group(*prompt, customer, s.Now())
	if prompt.Held = group == edge.GroupControl || group == edge.GroupSilent; prompt.Held {
		s.metrics.notShown.WithLabelValues(string(group)).Inc()
	}
	entry.Outcome = &edge.Outcome{Word: prompt.ID, Prompt: prompt.ID, Kind: string(group), At: s.Now()}
}

func (s *Service) group(prompt edge.Prompt, customer edge.Customer, now time.Time) edge.Group {
	if prompt.Avoid != nil {
		return edge.GroupExempt
	}
	for _, line := range prompt.Lines() {
		if line.Open {
			return edge.GroupExempt
		}
	}
	switch {
	case s.Experiment.Silent:
		return edge.GroupSilent
	case s.chance(customer.ID, now) < s.Experiment.ControlPercent:
		return edge.GroupControl
	}
	return edge.GroupShown
}

// chance gives a customer's number from 0 to 99 of a day: the same at each tap, so that a card that is shown twice fares
// alike, and another tomorrow. The digest is keyed: nobody can tell it beforehand.
func (s *Service) chance(customer string, now time.Time) int {
	digest := s.Digester.Digest([]byte("experiment"), []byte(customer), []byte(now.In(s.Zone).Format(time.DateOnly)))
	return int(binary.BigEndian.Uint32(digest[:]) % 100)
}
