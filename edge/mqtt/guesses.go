// SPDX-License-Identifier: Apache-2.0

package mqtt

import "time"

// How long an address waits after wrong passwords: the first time a second, then twice as long each time.
const (
	firstWait    = time.Second
	longestWait  = 30 * time.Second
	forgiven     = 10 * time.Minute
	maxRemembers = 1024 // addresses
)

// guesses slows down whoever signs in with wrong passwords. It is not safe for concurrent use.
type guesses struct {
	now   func() time.Time
	wrong map[string]wrong
}

type wrong struct {
	wait  time.Duration
	until time.Time
}

// mustWait reports whether an address has to wait before it is heard again. Loopback, the empty one, never has.
func (g *guesses) mustWait(from string) bool {
	return from != "" && g.now().Before(g.wrong[from].until)
}

func (g *guesses) failed(from string) {
	if from == "" {
		return
	}
	now := g.now()
	last := g.wrong[from]
	wait := min(max(firstWait, 2*last.wait), longestWait)
	if now.Sub(last.until) > forgiven {
		wait = firstWait
	}
	g.makeRoom(now)
	g.wrong[from] = wrong{wait: wait, until: now.Add(wait)}
}

func (g *guesses) forget(from string) { delete(g.wrong, from) }

// makeRoom keeps the memory bounded: those whose wait is over go first, and then anybody.
func (g *guesses) makeRoom(now time.Time) {
	if len(g.wrong) < maxRemembers {
		return
	}
	for from, each := range g.wrong {
		if now.After(each.until) {
			delete(g.wrong, from)
		}
	}
	for from := range g.wrong {
		if len(g.wrong) < maxRemembers {
			return
		}
		delete(g.wrong, from)
	}
}
