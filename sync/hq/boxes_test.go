// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"testing"
	"time"

	"redbench/sync/wire"
)

// TestTwoBoxesUnderOneNameAreSeen: both speak, in turns. One that was started anew, or took another id, is one.
func TestTwoBoxesUnderOneNameAreSeen(t *testing.T) {
	o := newOffice(t)
	o.enrolled("harbour")
	const a, b = "a", "b"
	for _, c := range []struct {
		name string
		says [][2]string // box and run, a minute after each other
		want int
	}{
		{"one", [][2]string{{a, "1"}, {a, "1"}, {a, "1"}}, 1},
		{"started anew", [][2]string{{a, "1"}, {a, "1"}, {a, "2"}, {a, "3"}}, 1},
		{"another id", [][2]string{{a, "1"}, {b, "1"}, {b, "1"}}, 1},
		{"a restored one beside it", [][2]string{{a, "1"}, {b, "2"}, {a, "1"}, {b, "2"}}, 2},
		{"a copied disk", [][2]string{{a, "1"}, {a, "2"}, {a, "1"}}, 2},
		{"three", [][2]string{{a, "1"}, {b, "2"}, {"c", "3"}, {a, "1"}, {b, "2"}}, 3},
		{"long ago", [][2]string{{a, "1"}, {b, "2"}, {a, "1"}, {a, "1"}, {a, "1"}, {a, "1"}, {a, "1"}, {a, "1"}}, 1},
	} {
		for _, who := range c.says {
			o.clock.forward(time.Minute)
			_, err := o.Status(t.Context(), "harbour", wire.BoxStatus{Box: who[0], Run: who[1], Clock: o.clock.Now()})
			must(t, err)
		}
		stores, err := o.Stores(t.Context())
		must(t, err)
		if stores[0].Boxes != c.want {
			t.Errorf("%s: %d boxes, want %d", c.name, stores[0].Boxes, c.want)
		}
		o.clock.forward(time.Hour)
	}
	stores, err := o.Stores(t.Context())
	must(t, err)
	if stores[0].Boxes != 0 {
		t.Errorf("nobody has spoken for an hour: %d boxes", stores[0].Boxes)
	}
}
