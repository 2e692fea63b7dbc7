// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"testing"
	"time"

	"redbench/edge"
)

// TestAStoreThatOwesAReceiptIsToldAgain: it gave the receipt, and an older copy of the database was put back, from after the order.
func TestAStoreThatOwesAReceiptIsToldAgain(t *testing.T) {
	o := newOffice(t)
	b := o.enrolled("harbour", "station")
	b[1].changes()
	done, err := o.Forget(t.Context(), card(1))
	must(t, err)
	if got := kinds(b[0].changes()); got == "" {
		t.Fatal("the store is told nothing")
	}
	reminded := func() bool {
		all := b[0].changes()
		if len(all) > 1 || len(all) == 1 && (all[0].Erasure == nil || all[0].Erasure.ID != done.Erasure) {
			t.Fatalf("the store is told %s", kinds(all))
		}
		return len(all) == 1
	}
	if reminded() {
		t.Error("it is told again before its receipt can have come")
	}
	o.clock.forward(time.Hour)
	if got := kinds(b[1].changes()); got != "erasure" {
		t.Errorf("one that was not told yet is told %q", got)
	}
	for _, want := range []bool{true, false} {
		if reminded() != want {
			t.Errorf("it is told again: %v, want %v", !want, want)
		}
	}
	o.clock.forward(time.Hour)
	must(t, o.Orders(t.Context(), "harbour", []edge.Order{{Receipt: &edge.Receipt{Erasure: done.Erasure, At: noon}}}))
	if reminded() {
		t.Error("it is told again of what it has given the receipt of")
	}
}
