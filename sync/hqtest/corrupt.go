// SPDX-License-Identifier: Apache-2.0

package hqtest

import "github.com/Shopify/toxiproxy/v2/toxics"

const corruptType = "redbench_corrupt"

// Corrupter is the toxic behind Corrupt.
type Corrupter struct {
	Every int `json:"every"`
}

type corrupted struct{ passed int }

// NewState makes what is remembered of one connection.
func (*Corrupter) NewState() any { return new(corrupted) }

// Pipe lets data through, one bit of each Every bytes being another.
func (c *Corrupter) Pipe(stub *toxics.ToxicStub) {
	state := stub.State.(*corrupted)
	for {
		select {
		case <-stub.Interrupt:
			return
		case chunk := <-stub.Input:
			if chunk == nil {
				stub.Close()
				return
			}
			for i := range chunk.Data {
				state.passed++
				if state.passed%max(c.Every, 1) == 0 {
					chunk.Data[i] ^= 1 << (state.passed / max(c.Every, 1) % 8)
				}
			}
			stub.Output <- chunk
		}
	}
}
