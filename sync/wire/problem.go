// SPDX-License-Identifier: Apache-2.0

package wire

import "fmt"

// Problem is the body of a refusal (RFC 9457).
type Problem struct {
	Type   string `json:"type,omitempty"` // one of the Problem constants, or empty
	Title  string `json:"title,omitempty"`
	Status int    `json:"status,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// The types of problem that a box acts upon.
const (
	ProblemConflict = "urn:redbench:conflict" // 409: the box must take a new box id
	ProblemRevoked  = "urn:redbench:revoked"  // 401, 403: the credentials hold no longer
	ProblemCode     = "urn:redbench:code"     // 403: the one-time code is wrong, used or too old
	ProblemUpgrade  = "urn:redbench:upgrade"  // 426: another Version is spoken here
)

// Error gives the title and the detail.
func (p Problem) Error() string {
	switch {
	case p.Title == "" && p.Detail == "":
		return fmt.Sprintf("status %d", p.Status)
	case p.Detail == "":
		return p.Title
	case p.Title == "":
		return p.Detail
	}
	return p.Title + ": " + p.Detail
}

// Conflict says that head office knows another record under a Seq that a box has sent: the box was restored or cloned,
// and must take a new box id. It travels as a Problem with status 409 and ProblemConflict.
type Conflict struct {
	Detail string
}

func (c *Conflict) Error() string {
	return "head office knows other records of this box's number, so that it needs a new one: " + c.Detail
}

// Problem is how it travels.
func (c *Conflict) Problem() Problem {
	return Problem{Type: ProblemConflict, Title: "conflict", Status: 409, Detail: c.Detail}
}
