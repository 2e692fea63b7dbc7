// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"sync"

	"redbench/edge"
)

// flight holds the events that are shown but not yet durable, so that a redelivery in between is recognised.
type flight struct {
	mu     sync.Mutex
	bodies map[edge.EventKey][16]byte
}

func newFlight() *flight { return &flight{bodies: map[edge.EventKey][16]byte{}} }

// enter notes an event; known tells that it is under way already, with which body.
func (f *flight) enter(key edge.EventKey, body [16]byte) (under [16]byte, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if under, known = f.bodies[key]; !known {
		f.bodies[key] = body
	}
	return under, known
}

func (f *flight) leave(key edge.EventKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.bodies, key)
}
