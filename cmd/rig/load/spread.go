// SPDX-License-Identifier: Apache-2.0

package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Spread is how a set of delays is distributed, in milliseconds.
type Spread struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p999_ms"`
	Max   float64 `json:"max_ms"`
}

// SpreadOf counts delays up to a minute with three significant digits.
func SpreadOf(delays []time.Duration) Spread {
	h := hdrhistogram.New(int64(time.Microsecond), int64(time.Minute), 3)
	for _, d := range delays {
		_ = h.RecordValue(min(int64(d), int64(time.Minute))) // never out of range after min
	}
	ms := func(q float64) float64 { return float64(h.ValueAtQuantile(q)) / float64(time.Millisecond) }
	return Spread{Count: h.TotalCount(), P50: ms(50), P90: ms(90), P99: ms(99), P999: ms(99.9), Max: ms(100)}
}
