// SPDX-License-Identifier: Apache-2.0

package link

import "sync"

// Gate keeps records back until head office was asked for erasures since the link last broke. The downlink opens it with
// each successful question; whoever finds the link broken shuts it. It is safe for concurrent use.
type Gate struct {
	mu      sync.Mutex
	open    bool
	changed chan struct{} // closed at the next change
	reached chan struct{} // closed at the next Reached
}

// NewGate makes one that is shut.
func NewGate() *Gate { return &Gate{changed: make(chan struct{}), reached: make(chan struct{})} }

// Open lets records through.
func (g *Gate) Open() { g.set(true) }

// Shut keeps them back.
func (g *Gate) Shut() { g.set(false) }

func (g *Gate) set(open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == open {
		return
	}
	g.open = open
	close(g.changed)
	g.changed = make(chan struct{})
}

// Look reports whether it is open, and gives a channel that is closed when that changes.
func (g *Gate) Look() (open bool, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open, g.changed
}

// Reached tells that head office answers again after calls that failed. It neither opens nor shuts.
func (g *Gate) Reached() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.reached)
	g.reached = make(chan struct{})
}

// Again gives a channel that is closed at the next Reached: whoever waits only because head office was away goes on then.
func (g *Gate) Again() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reached
}
