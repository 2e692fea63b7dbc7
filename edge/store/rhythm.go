// SPDX-License-Identifier: Apache-2.0

package store

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"redbench/edge"
	"redbench/edge/memory"
)

// metaRhythms is what the store's customers have in common in their rhythms: a sum that each visit changes.
const metaRhythms = "rhythms"

// pace is a customer's rhythm, and the stage that her visits have earned.
type pace struct {
	rhythm   edge.Rhythm
	standing edge.Standing
}

// visited takes a visit into the pace. told are the moments of her open facts, in order.
func (w *work) visited(p pace, first, at int64, told []int64, usual []edge.Habit) pace {
	before := p.rhythm
	p.rhythm = memory.Visited(before, memory.Day(w.local(at)))
	facts, _ := slices.BinarySearch(told, at+1)
	evidence := memory.Evidence{First: memory.Day(w.local(first)), Facts: facts}
	evidence.Habits, evidence.Fading = memory.HabitsOf(usual)
	p.standing = memory.Stand(p.standing, before, p.rhythm, evidence)
	return p
}

func (s *Store) local(at int64) time.Time { return moment(at).In(s.opt.Zone) }

// moved takes into what customers have in common that one's rhythm has changed. It counts when the transaction is committed.
func (w *work) moved(before, after edge.Rhythm) {
	if before == after {
		return
	}
	if w.gaps == nil {
		gaps := *w.common.Load()
		w.gaps = &gaps
	}
	w.gaps.Moved(before, after)
}

// leaves takes a customer out of what customers have in common: her memory is about to go.
func (w *work) leaves(ref edge.CustomerRef) error {
	var packed []byte
	err := w.tx.QueryRowContext(w.ctx, `SELECT rhythm FROM memory WHERE customer = ?`, int64(ref)).Scan(&packed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading a rhythm: %w", err)
	}
	p, err := unpackPace(packed)
	if err == nil {
		w.moved(p.rhythm, edge.Rhythm{})
	}
	return nil // a damaged one has nothing to take out
}

// keepGaps writes what customers have in common, where it has changed.
func (w *work) keepGaps() error {
	if w.gaps == nil {
		return nil
	}
	sums, err := w.gaps.MarshalBinary()
	if err != nil {
		return err
	}
	return w.putMeta(metaRhythms, sums)
}

// knowGaps reads it. What cannot be read is begun anew: it is a help and no promise.
func (w *work) knowGaps() error {
	gaps := &memory.Gaps{}
	w.common.Store(gaps)
	var sums []byte
	err := w.tx.QueryRowContext(w.ctx, `SELECT value FROM meta WHERE name = ?`, metaRhythms).Scan(&sums)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		if err := gaps.UnmarshalBinary(sums); err != nil {
			w.opt.Log.Warn("the store's common rhythm begins anew", "error", err)
		}
	}
	return err
}

// packPace writes a pace in some forty bytes.
func packPace(p pace) []byte {
	out := packNumbers(int64(p.rhythm.Days), int64(p.rhythm.Last), int64(p.rhythm.Gap),
		int64(p.standing.Stage.Rank()), int64(p.standing.Since), int64(p.standing.Habits))
	for _, n := range []float64{p.rhythm.Weight, p.rhythm.Mean, p.rhythm.Squares} {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(n))
	}
	return out
}

// unpackPace reads what packPace wrote; of nothing it gives the zero value.
func unpackPace(data []byte) (p pace, err error) {
	if len(data) == 0 {
		return p, nil
	}
	var days, last, gap, rank, since, habits int64
	rest, err := cutNumbers(data, &days, &last, &gap, &rank, &since, &habits)
	if err != nil || len(rest) != 3*8 || rank < -1 || rank >= int64(len(edge.Stages)) {
		return pace{}, errRecord
	}
	p.rhythm.Days, p.rhythm.Last, p.rhythm.Gap = int(days), int(last), int(gap)
	p.standing.Since, p.standing.Habits = int(since), int(habits)
	if rank >= 0 {
		p.standing.Stage = edge.Stages[rank]
	}
	for i, to := range []*float64{&p.rhythm.Weight, &p.rhythm.Mean, &p.rhythm.Squares} {
		*to = math.Float64frombits(binary.LittleEndian.Uint64(rest[8*i:]))
		if math.IsNaN(*to) || math.IsInf(*to, 0) {
			return pace{}, errRecord
		}
	}
	return p, nil
}
