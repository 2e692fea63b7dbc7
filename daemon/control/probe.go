// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"net/http"
	"time"
)

// ProbeReport tells how a test event fared on its way from the tills to a screen.
type ProbeReport struct {
	At    time.Time     `json:"at"`    // when it set out
	OK    bool          `json:"ok"`    // it came through, by every step
	Took  time.Duration `json:"took"`  // nanoseconds, all in all
	Steps []ProbeStep   `json:"steps"` // in their order; those after one that failed may be missing
}

// ProbeStep is one part of the way.
type ProbeStep struct {
	Name  string        `json:"name"`            // one of edge.ProbeSteps
	Took  time.Duration `json:"took"`            // nanoseconds
	Error string        `json:"error,omitempty"` // why it failed; empty: it went well
}

// Failed is the first step that failed; the zero ProbeStep where none did.
func (r ProbeReport) Failed() ProbeStep {
	for _, step := range r.Steps {
		if step.Error != "" {
			return step
		}
	}
	return ProbeStep{}
}

// Probe sends a test event.
func (c *Client) Probe(ctx context.Context) (ProbeReport, error) {
	return call[ProbeReport](ctx, c, http.MethodPost, "/probe", nil)
}
