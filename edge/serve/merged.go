// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"errors"

	"redbench/edge"
	"redbench/edge/lane"
)

// Merged makes the lanes follow when a person merged two customers: who stands there as either of them is who she is now,
// and is shown as that. It tells on how many lanes she was.
func (s *Service) Merged(ctx context.Context, from, into edge.CustomerRef) (shown int, err error) {
	s.Joined(from, into)
	err = s.Recheck(ctx)
	return s.anew(into), err
}

// Parted makes the lanes follow when a merge was taken back: on some lanes the card that was shown last is the other's
// again, and so is whoever stands there. It tells on how many lanes either of them was.
func (s *Service) Parted(ctx context.Context, kept, other edge.CustomerRef, lanes []string) (shown int, err error) {
	for _, name := range lanes {
		err = errors.Join(err, s.joinOn(name, kept, other))
	}
	err = errors.Join(err, s.Recheck(ctx))
	return s.anew(kept) + s.anew(other), err
}

// joinOn makes one customer another on one lane.
func (s *Service) joinOn(name string, from, into edge.CustomerRef) error {
	l, err := s.lane(name)
	if err != nil {
		return err
	}
	entry := edge.Entry{}
	if l.holder() == from { // what she buys is with the card that she showed
		entry.Card = &edge.Card{Customer: from, Lane: name}
	}
	l.join(from, into)
	s.step(l, lane.Joined{From: from, Into: into, At: s.Now()}, entry, nil, nil)
	return nil
}

// anew greets a customer anew wherever she stands, and tells on how many lanes that is.
func (s *Service) anew(ref edge.CustomerRef) (lanes int) {
	for _, name := range s.Lanes() {
		l, err := s.lane(name)
		if err != nil || l.holder() != ref {
			continue
		}
		lanes++
		s.step(l, lane.Anew{Customer: ref, Prompt: newID(), At: s.Now()}, edge.Entry{}, nil, nil)
	}
	return lanes
}
