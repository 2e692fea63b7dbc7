// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"fmt"
	"slices"
	"sync"

	"redbench/cmd/rig/box"
)

// Sold is what tills and screens said and saw so far.
type Sold struct {
	Events  int `json:"events"`    // each counted once
	Again   int `json:"again"`     // sent once more
	Refused int `json:"refused"`   // which nobody can read
	Words   int `json:"words"`     // of cashiers
	Prompts int `json:"prompts"`   // that answered a card
	Lost    int `json:"lost"`      // cards without a prompt
	Doubled int `json:"doubled"`   // cards with two
	Wrong   int `json:"wrong"`     // with another name than the card's
	Forgot  int `json:"forgotten"` // customers
}

// ledger holds what was told against what was seen.
type ledger struct {
	mu        sync.Mutex
	sold      Sold
	checkouts []string
	forgotten map[int]bool
	problems  []string
}

func newLedger() *ledger { return &ledger{forgotten: map[int]bool{}} }

func (l *ledger) note(f func(*Sold)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.sold)
}

func (l *ledger) told(checkout string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.checkouts = append(l.checkouts, checkout)
}

// nameOf is what a prompt must say; nothing of who is forgotten.
func (l *ledger) nameOf(who int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.forgotten[who] {
		return ""
	}
	return name(who)
}

func (l *ledger) forgot(who int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forgotten[who] = true
	l.sold.Forgot++
}

// prompted takes a prompt. Whoever is being forgotten meanwhile may be greeted either way.
func (l *ledger) prompted(m box.Message, before, after string) {
	l.mu.Lock()
	l.sold.Prompts++
	right := m.Who.Name == before || m.Who.Name == after
	if !right {
		l.sold.Wrong++
	}
	l.mu.Unlock()
	if !right {
		l.wrong("lane %s: a prompt for %q where %q stood", m.Lane, m.Who.Name, after)
	}
}

func (l *ledger) wrong(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.problems) < 10 {
		l.problems = append(l.problems, fmt.Sprintf(format, args...))
	}
}

func (l *ledger) read() (Sold, []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sold, slices.Clone(l.checkouts)
}
