// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"redbench/edge"
	"redbench/sync/wire"
)

// remembered is how many of a box's last records are known by id, to tell a second sending from a clone's.
const remembered = 10_000

// Take takes a batch of records of one box's outbox, in one transaction, and says how far the outbox is durable here. A
// batch may be sent again, and be cut anywhere. It fails with a *wire.Conflict when the box tells another record under a
// number that was taken before.
func (h *HQ) Take(ctx context.Context, store, box string, records []edge.Record) (wire.Ack, error) {
	var ack wire.Ack
	err := h.update(ctx, store, func(w *work) error {
		if err := w.notGivenUp(box, records); err != nil {
			return err
		}
		upto, err := w.tx.Upto(store, box)
		if err != nil {
			return err
		}
		ack.Upto = upto
		fresh, err := w.fresh(box, upto, records)
		if err != nil || len(fresh) == 0 {
			return err
		}
		if err := w.takeAll(fresh); err != nil {
			return err
		}
		ack.Upto = fresh[len(fresh)-1].Seq
		return w.took(box, fresh)
	})
	if differs, is := errors.AsType[*wire.Conflict](err); is {
		return wire.Ack{}, differs
	}
	if err != nil {
		return wire.Ack{}, fmt.Errorf("taking records of store %q: %w", store, err)
	}
	return ack, nil
}

// notGivenUp notes which boxes this one says that it was, and refuses one of which another said so: it was put back to a copy of
// before, and where its outbox stands just where it was left no record would tell. What the store told as another is not
// told to it again unless it takes a new id and begins anew.
func (w *work) notGivenUp(box string, records []edge.Record) error {
	given, err := w.tx.GivenUp(w.store, box)
	if err != nil {
		return err
	}
	if given {
		return &wire.Conflict{Detail: fmt.Sprintf("box %s was given up for another id", box)}
	}
	for i := range records {
		former := slices.DeleteFunc(slices.Clone(records[i].Former), func(id string) bool { return id == box })
		if len(former) > 0 {
			return w.tx.GiveUp(w.store, former)
		}
	}
	return nil
}

// fresh gives the records that follow upon what was taken, in order, up to the first gap. What was taken before must be the
// same record: another one means that two boxes, or two lives of one, use the same outbox.
func (w *work) fresh(box string, upto uint64, records []edge.Record) ([]edge.Record, error) {
	known := 0
	for known < len(records) && records[known].Seq <= upto {
		known++
	}
	if err := w.sameAgain(box, records[:known]); err != nil {
		return nil, err
	}
	for i := known; i < len(records); i++ {
		r := &records[i]
		switch {
		case r.Seq <= upto, r.Prev < upto:
			return nil, conflict(box, r.Seq)
		case r.Prev > upto:
			return records[known:i], nil
		}
		upto = r.Seq
	}
	return records[known:], nil
}

func (w *work) sameAgain(box string, records []edge.Record) error {
	if len(records) == 0 {
		return nil
	}
	seqs := make([]uint64, len(records))
	for i := range records {
		seqs[i] = records[i].Seq
	}
	ids, err := w.tx.Received(w.store, box, seqs)
	if err != nil {
		return err
	}
	for i := range records {
		if ids[records[i].Seq] != records[i].ID {
			return conflict(box, records[i].Seq)
		}
	}
	return nil
}

// took remembers which records were taken.
func (w *work) took(box string, records []edge.Record) error {
	upto := records[len(records)-1].Seq
	if err := w.tx.PutUpto(w.store, box, upto); err != nil {
		return err
	}
	received := make([]Received, 0, min(len(records), remembered))
	for _, r := range records[max(0, len(records)-remembered):] {
		received = append(received, Received{Seq: r.Seq, ID: r.ID})
	}
	return w.tx.PutReceived(w.store, box, received, upto-min(upto, remembered))
}

// takeAll takes records in, in order. What they name is looked up at once for all of them.
func (w *work) takeAll(records []edge.Record) error {
	var ids, visits, outcomes, summaries []string
	for i := range records {
		switch r := &records[i]; {
		case r.Customer != nil:
			ids = append(append(ids, r.Customer.ID), r.Customer.Also...)
		case r.Fact != nil:
			ids = append(ids, r.Fact.Customer)
		case r.Visit != nil:
			ids, visits = append(ids, r.Visit.Customer), append(visits, visitKey(w.store, r.Visit.ID))
		case r.Outcome != nil:
			ids, outcomes = append(ids, r.Outcome.Customer), append(outcomes, r.Outcome.ID)
		case r.Summary != nil:
			summaries = append(summaries, r.Summary.ID)
		}
	}
	err := errors.Join(w.resolve(ids...), w.expect(EntityVisit, visits), w.expect(EntityOutcome, outcomes), w.expect(EntitySummary, summaries))
	for i := 0; err == nil && i < len(records); i++ {
		err = w.takeOne(&records[i])
	}
	return err
}

// takeOne takes a record in. One about somebody who cannot be read any more is left out.
func (w *work) takeOne(r *edge.Record) error {
	err := w.takeIn(r)
	if w.leaveOut("whom a record is about", err) {
		return nil
	}
	return err
}

func (w *work) takeIn(r *edge.Record) (err error) {
	switch {
	case r.Customer != nil:
		_, err = w.customer(*r.Customer)
	case r.Fact != nil:
		err = w.fact(*r.Fact)
	case r.Visit != nil:
		err = w.visit(*r.Visit)
	case r.Outcome != nil:
		err = w.outcome(*r.Outcome)
	case r.Summary != nil:
		err = w.summary(*r.Summary)
	}
	return err // a void record has nothing but its place
}

func conflict(box string, seq uint64) error {
	return &wire.Conflict{Detail: fmt.Sprintf("box %s told another record under number %d before, or one too old to compare", box, seq)}
}
