// SPDX-License-Identifier: Apache-2.0

package hqtest

import (
	"maps"
	"slices"

	"redbench/edge"
	"redbench/sync/wire"
)

// Tell adds changes for the store.
func (o *Office) Tell(changes ...edge.Change) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changes = append(o.changes, changes...)
	close(o.told)
	o.told = make(chan struct{})
}

// Find makes a lookup by that hash find somebody.
func (o *Office) Find(sum []byte, found edge.Found) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.found[string(sum)] = found
}

// PageSize says how many changes a page holds.
func (o *Office) PageSize(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.page = n
}

// Admit makes it take these tokens only, oldest first; none: any.
func (o *Office) Admit(tokens ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tokens = tokens
}

// Backup gives a head office as this one is now, to be used in its place later: cursors that were given out since are
// not known to it.
func (o *Office) Backup() *Office {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := NewOffice()
	for id, box := range o.boxes {
		b.boxes[id] = &outbox{upto: box.upto, ids: maps.Clone(box.ids)}
	}
	b.visits, b.orders, b.changes, b.found = maps.Clone(o.visits), maps.Clone(o.orders), slices.Clone(o.changes), maps.Clone(o.found)
	b.page, b.tokens, b.epoch = o.page, slices.Clone(o.tokens), o.epoch+"'"
	return b
}

// Count compares what was counted with what there was: visits that are missing, visits that were counted more than once,
// and visits that nobody made.
func (o *Office) Count(made []string) (lost, doubled, strange int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	known := map[string]bool{}
	for _, id := range made {
		known[id] = true
		if o.visits[id] == 0 {
			lost++
		}
	}
	for id, n := range o.visits {
		if n > 1 {
			doubled++
		}
		if !known[id] {
			strange++
		}
	}
	return lost, doubled, strange
}

// Orders are the ids of all orders that were taken.
func (o *Office) Orders() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Sorted(maps.Keys(o.orders))
}

// Calls are the names of all calls so far: "records", "orders", "changes", "lookup", "status", "token".
func (o *Office) Calls() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.calls)
}

// Statuses are all that were told.
func (o *Office) Statuses() []wire.BoxStatus {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.status)
}
