// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"fmt"
	"time"
)

// Word is what a cashier tells the box from a screen. Type decides which fields are set; ID is made by the client, so
// that a word which is sent again is the same word.
type Word struct {
	ID   string   `json:"id"`
	Type WordType `json:"type"`

	Prompt     string    `json:"prompt,omitempty"`     // seen, feedback, note
	Seq        uint64    `json:"seq,omitempty"`        // seen
	RenderedAt time.Time `json:"rendered_at,omitzero"` // seen
	Line       string    `json:"line,omitempty"`       // feedback: remember, do, ask, avoid
	Verdict    Verdict   `json:"verdict,omitempty"`    // feedback
	Kind       FactKind  `json:"kind,omitempty"`       // note
	Text       string    `json:"text,omitempty"`       // note
	Answers    string    `json:"answers,omitempty"`    // note: the fact or question it answers
	Date       string    `json:"date,omitempty"`       // note: YYYY-MM-DD
	Until      string    `json:"until,omitempty"`      // note: YYYY-MM-DD
	Private    bool      `json:"private,omitempty"`    // note
	Fact       string    `json:"fact,omitempty"`       // resolve
	Minutes    int       `json:"minutes,omitempty"`    // pause; 0 ends a pause
	Of         string    `json:"of,omitempty"`         // undo: a word's or a prompt's id
}

// WordType is the type of a message from a screen.
type WordType string

// The types.
const (
	WordSeen     WordType = "seen"
	WordFeedback WordType = "feedback"
	WordNote     WordType = "note"
	WordResolve  WordType = "resolve"
	WordPause    WordType = "pause"
	WordUndo     WordType = "undo"
)

// Verdict is a cashier's word on one line.
type Verdict string

// The verdicts.
const (
	VerdictUsed      Verdict = "used"
	VerdictNotNow    Verdict = "not-now"
	VerdictWrong     Verdict = "wrong"
	VerdictConfirmed Verdict = "confirmed"
)

// Heeded reports whether v is one of the verdicts: they shift what is chosen next time.
func (v Verdict) Heeded() bool {
	return v == VerdictUsed || v == VerdictNotNow || v == VerdictWrong || v == VerdictConfirmed
}

// Refusal is an error that the one who asked can mend: a code for programs and a text for people.
type Refusal struct {
	Code string
	Text string
}

// Error gives code and text.
func (r *Refusal) Error() string { return r.Code + ": " + r.Text }

// Refuse makes a Refusal.
func Refuse(code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Screen is a paired screen, or a paired manager's page.
type Screen struct {
	ID      string // UUIDv7
	Lane    string // empty for a manager's page
	Manager bool
	Name    string // what the person who paired it called it
	Paired  time.Time
	Seen    time.Time // last connected; zero: never
	Expires time.Time // a credential not used before this is void; zero: it was used
}
