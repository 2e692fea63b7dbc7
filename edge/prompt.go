// SPDX-License-Identifier: Apache-2.0

package edge

import "time"

// Shown is what a lane's screens can show: a [Prompt], a [Farewell], a [Clear], an [Idle] or a [Notice].
type Shown interface{ shown() }

// Prompt is one short "remember her" for the cashier. The JSON is the contract's, but for type and seq, which the
// screen's hub adds.
type Prompt struct {
	ID       string        `json:"id"`
	Event    string        `json:"event"` // id of the event that caused it
	Checkout string        `json:"checkout,omitempty"`
	ShownFor time.Duration `json:"-"` // shown_for_ms on the wire
	Who      Who           `json:"who"`
	Remember *Line         `json:"remember,omitempty"`
	Do       *Line         `json:"do,omitempty"`
	Ask      *Line         `json:"ask,omitempty"`
	Avoid    *Line         `json:"avoid,omitempty"`

	Customer CustomerRef `json:"-"`
	Held     bool        `json:"-"` // chosen to learn whether prompts help, and not shown (see Group)
}

// Group is which part of an experiment a prompt was in: what is done to learn whether prompts help.
type Group string

// The groups. Whoever compares must leave exempt prompts out on both sides.
const (
	GroupShown   Group = "shown"   // might have been held back by chance, and was not
	GroupControl Group = "control" // held back by chance
	GroupExempt  Group = "exempt"  // never held back: a promise, a complaint or something to avoid
	GroupSilent  Group = "silent"  // held back as all are
)

// Lines gives the prompt's lines by their names on the wire.
func (p Prompt) Lines() map[string]Line {
	lines := map[string]Line{}
	for _, name := range LineNames {
		if line := *p.line(name); line != nil {
			lines[name] = *line
		}
	}
	return lines
}

// Without gives the prompt without one of its lines.
func (p Prompt) Without(name string) Prompt {
	if line := p.line(name); line != nil {
		*line = nil
	}
	return p
}

// LineNames are the lines below the first, in the order that they are read.
var LineNames = []string{"remember", "do", "ask", "avoid"}

func (p *Prompt) line(name string) **Line {
	switch name {
	case "remember":
		return &p.Remember
	case "do":
		return &p.Do
	case "ask":
		return &p.Ask
	case "avoid":
		return &p.Avoid
	}
	return nil
}

// Who is the prompt's first line.
type Who struct {
	Name     string `json:"name,omitempty"`
	Say      string `json:"say,omitempty"`
	Address  string `json:"address,omitempty"`
	Language string `json:"language,omitempty"` // BCP 47, where it differs from the store's
	Stage    Stage  `json:"stage"`
	Since    string `json:"since,omitempty"`    // ready to read: "12 days since the last visit"
	Greeting string `json:"greeting,omitempty"` // ready to say: "Good morning"
	Rule     string `json:"-"`                  // the playbook's rule that chose the greeting
}

// Line is one line of a prompt: what to read, the fact it rests on, and why it was chosen.
type Line struct {
	Text string `json:"text"`
	Fact string `json:"fact,omitempty"`
	Why  string `json:"why"`
	Open bool   `json:"open,omitempty"` // the fact is a complaint or a promise: a person can say that it is settled
	Rule string `json:"-"`              // the playbook's rule that chose it
	SKU  string `json:"-"`              // the usual thing that it names, if it does
}

// Farewell follows when the checkout completes.
type Farewell struct {
	ID     string     `json:"id"`
	Prompt string     `json:"prompt,omitempty"`
	Text   string     `json:"text"`
	Chips  []FactKind `json:"chips,omitempty"` // what may be captured now

	ShownFor time.Duration `json:"-"`
}

// ClearReason says why a screen went blank.
type ClearReason string

// The reasons.
const (
	ClearCompleted ClearReason = "completed"
	ClearCancelled ClearReason = "cancelled"
	ClearSuspended ClearReason = "suspended"
	ClearRemoved   ClearReason = "removed"
	ClearExpired   ClearReason = "expired"
	ClearForgotten ClearReason = "forgotten"
	ClearPaused    ClearReason = "paused"
)

// Clear takes whatever a screen shows off it.
type Clear struct {
	Reason ClearReason `json:"reason"`
}

// Idle is what a screen shows between customers.
type Idle struct {
	Principle Principle `json:"principle"`
}

// Principle is the thought of the day.
type Principle struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Notice is the box's own state.
type Notice struct {
	Level string `json:"level"` // info, warn
	Text  string `json:"text"`
}

func (Prompt) shown()   {}
func (Farewell) shown() {}
func (Clear) shown()    {}
func (Idle) shown()     {}
func (Notice) shown()   {}
