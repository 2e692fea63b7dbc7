// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"time"

	"redbench/edge"
)

// State is how the uplink does, for status and for people.
type State struct {
	Reached time.Time // when head office last answered; zero: never
	Error   string    // of the last attempt; empty: it went well
	Since   time.Time // since when it has been failing
	Retry   time.Time // when it is tried again, where it failed
	Backlog edge.Backlog
	Waiting string // why records wait where nothing is wrong: "hours", "changes first", or empty
}

// State tells how it does.
func (u *Uplink) State() State {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.state
}

func (u *Uplink) note(change func(*State)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change(&u.state)
}

func (u *Uplink) reached() {
	now := u.Now()
	u.note(func(s *State) { s.Reached = now })
}

func (u *Uplink) waiting() string {
	open, _ := u.Gate.Look()
	switch {
	case !open:
		return "changes first"
	case u.waitsForHours():
		return "hours"
	}
	return ""
}
