// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"redbench/cmd/internal/cli"
	"redbench/edge"
	"redbench/edge/simulate"
)

// showSent keeps a line of counts up to date on a terminal; on anything else it is silent. The returned function ends it.
func showSent(out io.Writer, player *simulate.Player) (end func()) {
	if !cli.IsTerminal(out) {
		return func() {}
	}
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				counts := player.Counts()
				fmt.Fprintf(out, "\r%7d events sent, %d cards, %d checkouts completed ", counts.Sent,
					counts.Types[edge.LoyaltyPresented], counts.Types[edge.CheckoutCompleted])
			case <-done:
				fmt.Fprint(out, "\r\033[K")
				return
			}
		}
	}()
	return func() { close(done); <-gone }
}

// eventOrder gives the types that were sent in the order of the contract, what has no type last.
func eventOrder(counts map[edge.EventType]int) []edge.EventType {
	place := func(kind edge.EventType) int {
		if i := slices.Index(edge.EventTypes, kind); i >= 0 {
			return i
		}
		return len(edge.EventTypes)
	}
	return slices.SortedFunc(maps.Keys(counts), func(a, b edge.EventType) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b))
	})
}
