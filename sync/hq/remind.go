// SPDX-License-Identifier: Apache-2.0

package hq

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"redbench/edge"
)

// A receipt takes no place in the history, so that no cursor tells of one that was lost when an older copy was put back. A store
// that owes one of an order which it was told is therefore told the order again: it answers again.

// remindAfter is how long a store is waited for that was told an order: its receipt comes with the next batch.
const remindAfter = time.Minute

// reminded is when stores were told again what they owe, as far as this process knows.
type reminded struct {
	mu sync.Mutex
	at map[Owed]time.Time
}

// due reports whether a store is to be told again now, and notes that it is.
func (r *reminded) due(o Owed, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, is := r.at[o]; is && now.Sub(last).Abs() < remindAfter {
		return false
	}
	if r.at == nil || len(r.at) > maxReminded {
		r.at = map[Owed]time.Time{}
	}
	r.at[o] = now
	return true
}

const maxReminded = 10_000

// remind puts orders on the page that the store was told already, up to a position, and owes the receipt of for long.
func (p *pager) remind(told int64) error {
	if told == 0 {
		return nil
	}
	owing, err := p.tx.Owing(p.store)
	if err != nil {
		return fmt.Errorf("asking what a store owes: %w", err)
	}
	for _, o := range owing {
		if p.full() {
			return nil
		}
		if p.now.Sub(time.UnixMicro(o.Since)).Abs() < remindAfter {
			continue
		}
		row, err := p.tx.Erasure(o.Erasure)
		if errors.Is(err, edge.ErrNotFound) || err == nil && row.Pos > told {
			continue
		}
		if err != nil {
			return fmt.Errorf("reading an order that a store owes: %w", err)
		}
		if p.reminded.due(o, p.now) {
			order := p.fitting(row.Order)
			p.add(edge.Change{Kind: edge.ChangeErasure, Erasure: &order})
		}
	}
	return nil
}
