// SPDX-License-Identifier: Apache-2.0

package hq_test

import (
	"fmt"
	"testing"

	"redbench/edge"
)

// BenchmarkJoinsInABatch: what a join costs must not grow with how many there are in the batch.
func BenchmarkJoinsInABatch(b *testing.B) {
	for _, n := range []int{250, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				o := newOffice(b)
				boxes := o.enrolled("harbour", "station")
				var first, second []edge.Record
				for i := range n {
					maya := boxes[0].customer("Maya", card(i))
					first = append(first, told(maya)...)
					also := boxes[1].customer("Maya", card(i), card(n+i))
					other := boxes[1].customer("Maya", card(n+i))
					second = append(second, told(other, boxes[1].fact(other.ID, "she rides"), boxes[1].visit(other.ID, i), also)...)
				}
				boxes[0].tell(first...)
				b.StartTimer()
				boxes[1].tell(second...)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/join")
		})
	}
}
