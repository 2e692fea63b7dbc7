// SPDX-License-Identifier: Apache-2.0

package uplink_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"redbench/edge"
	"redbench/sync/hqtest"
)

// A record that cannot travel does not hold back those after it.
func TestARecordThatCannotTravelIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		line.Office().Admit("token")
		r := newRig(t, hqtest.NewBox(), line, nil)
		r.visits(5, time.Second)
		r.forget(r.box.Spoil())
		r.visits(5, time.Second)
		r.start()
		defer func() { r.stop() }()
		r.drained()
		r.onceEach()
	})
}

// Orders of a chain in which hundreds of boxes worked alone are long, and go in as many calls as they need.
func TestLongOrdersGoInSeveralCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := hqtest.NewLine()
		line.Office().Admit("token")
		r := newRig(t, hqtest.NewBox(), line, nil)
		for i := range 40 {
			order := edge.Erasure{ID: fmt.Sprintf("01a2043a-83f4-72a2-9253-%012d", i), At: time.Now(), Stamp: edge.Stamp{Wall: int64(i + 1), Origin: "a"}}
			for range 800 {
				order.Tombstones = append(order.Tombstones, make([]byte, 32))
			}
			r.box.Order(edge.Order{Erasure: &order})
		}
		r.start()
		defer func() { r.stop() }()
		r.drained()
		if n := len(line.Office().Orders()); n != 40 {
			t.Errorf("%d of 40 orders were taken", n)
		}
	})
}
