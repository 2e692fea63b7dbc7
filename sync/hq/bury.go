// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"fmt"
	"slices"

	"redbench/edge"
)

// dropped reports whether a state is of somebody who was erased, and takes erased ids off one that is not. An erased id
// never comes back. A tombstone stops somebody new, unless she has stated her consent after it: until she does, her id is
// refused with all that is told of it. A tombstone does not stop what somebody known has: an identifier that was shared, or
// was given to another since. Who is found by what she has is added to numbers.
func (w *work) dropped(s *edge.CustomerState, numbers *[]int64) (bool, error) {
	if _, gone := w.gone[s.ID]; gone {
		return true, nil
	}
	mark, refused := w.refused[s.ID]
	if refused && !consentsAfter(*s, mark) {
		return true, nil
	}
	s.Also = slices.DeleteFunc(slices.Clone(s.Also), func(id string) bool {
		for _, marks := range []map[string]edge.Stamp{w.gone, w.refused} {
			mark = later(mark, marks[id])
		}
		return w.isGone(id)
	})
	stopped, err := w.stopped(s, numbers, mark)
	switch {
	case err != nil:
		return false, err
	case stopped.IsZero() && refused:
		delete(w.refused, s.ID)
		return false, w.tx.TakeUp(s.ID)
	case stopped.IsZero():
		return false, nil
	}
	w.refused[s.ID] = stopped // what she told comes with this id
	return true, w.tx.Refuse(s.ID, stopped)
}

// stopped gives the erasure that stops a state of somebody new; zero: none does.
func (w *work) stopped(s *edge.CustomerState, numbers *[]int64, mark edge.Stamp) (edge.Stamp, error) {
	if len(*numbers) > 0 {
		return edge.Stamp{}, nil
	}
	other, err := w.candidate(*s, 0)
	if err != nil {
		return edge.Stamp{}, err
	}
	if other != 0 {
		*numbers = append(*numbers, other)
		return edge.Stamp{}, nil
	}
	at, err := w.buriedAt(*s)
	if mark = later(mark, at); err != nil || consentsAfter(*s, mark) {
		return edge.Stamp{}, err
	}
	return mark, nil
}

func later(a, b edge.Stamp) edge.Stamp {
	if b.After(a) {
		return b
	}
	return a
}

// isGone reports whether an id is of somebody who was erased, or whom an erasure stops.
func (w *work) isGone(id string) bool {
	_, gone := w.gone[id]
	_, refused := w.refused[id]
	return gone || refused
}

// consentsAfter reports whether she has stated herself, after an erasure, that she wants to be known.
func consentsAfter(s edge.CustomerState, mark edge.Stamp) bool {
	c := s.Fields[edge.FieldConsent]
	return (s.Consent() == edge.ConsentRemember || s.Consent() == edge.ConsentRecognise) && c.Rank >= edge.RankTold && c.At.After(mark)
}

// burialBy is what is kept with the tombstones of an order.
func burialBy(order edge.Erasure) Burial { return Burial{At: order.Stamp, Chained: order.Chained} }

// buriedAt is the latest erasure that means her by an identifier that nobody known has; zero: none. One that names the chain's
// own id of somebody does not mean who has another.
func (w *work) buriedAt(s edge.CustomerState) (latest edge.Stamp, err error) {
	if any, err := w.anyBuried(); err != nil || !any {
		return latest, err
	}
	tombstones, err := w.tombstonesAlone(s)
	if err != nil {
		return latest, err
	}
	found, err := w.tx.Buried(slices.Concat(tombstones.chain, tombstones.others))
	if err != nil {
		return latest, fmt.Errorf("looking tombstones up: %w", err)
	}
	var chain edge.Stamp
	for _, t := range tombstones.chain {
		chain = later(chain, found[string(t)].At)
	}
	latest = chain
	for _, t := range tombstones.others {
		by := found[string(t)]
		if by.Chained && hasChain(s) && by.At.After(chain) {
			continue // an order that means her names her own
		}
		latest = later(latest, by.At)
	}
	return latest, nil
}

// anyBuried reports whether there are tombstones at all.
func (w *work) anyBuried() (bool, error) {
	if w.buried == nil {
		has, err := w.tx.HasBuried()
		if err != nil {
			return false, err
		}
		w.buried = &has
	}
	return *w.buried, nil
}

// graves are the tombstones that a customer's identifiers would have.
type graves struct{ chain, others [][]byte }

// tombstonesAlone are those of a state's identifiers that nobody known has, and of the chain's own id by its value.
func (w *work) tombstonesAlone(s edge.CustomerState) (out graves, err error) {
	hashes := make([][]byte, len(s.Identifiers))
	for i, id := range s.Identifiers {
		hashes[i] = id.Sum
	}
	owners, err := w.tx.Owners(hashes)
	if err != nil {
		return out, fmt.Errorf("looking identifiers up: %w", err)
	}
	for _, id := range s.Identifiers {
		if len(owners[string(id.Sum)]) > 0 {
			continue
		}
		h, err := hash(id)
		if err != nil {
			return out, err
		}
		t := w.opt.Keys.TombstoneOf(h)
		if id.Kind == edge.KindCustomer {
			out.chain = append(out.chain, t[:])
		} else {
			out.others = append(out.others, t[:])
		}
	}
	if chain := s.Fields[edge.FieldChain].Value; chain != "" {
		t := w.opt.Keys.Tombstone(edge.Identifier{Kind: edge.KindCustomer, Value: chain})
		out.chain = append(out.chain, t[:])
	}
	return out, nil
}
