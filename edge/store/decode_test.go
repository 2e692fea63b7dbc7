// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"redbench/edge"
)

var tctx = context.Background()

func TestLinesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) line {
			q := rapid.OneOf(rapid.Float64Range(-1e9, 1e9), rapid.Map(rapid.IntRange(-99999, 99999), func(i int) float64 { return float64(i) / 1000 }))
			return line{rapid.Int64Range(0, 1<<40).Draw(t, "item"), q.Draw(t, "quantity"), rapid.Int64().Draw(t, "amount")}
		}), 1, 9).Draw(t, "lines")
		got, err := unpackLines(packLines(lines), -1)
		if err != nil || !slices.Equal(got, lines) {
			t.Fatalf("%v comes back as %v, %v", lines, got, err)
		}
	})
}

func FuzzUnpackLines(f *testing.F) {
	f.Add(packLines([]line{{1, 2, 3}, {4, 1. / 3, -5}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines, err := unpackLines(data, -1)
		if err != nil {
			return
		}
		again, err := unpackLines(packLines(lines), -1)
		if err != nil || !slices.Equal(again, lines) {
			t.Fatalf("%v comes back as %v, %v", lines, again, err)
		}
	})
}

func FuzzUnpackPace(f *testing.F) {
	f.Add(packPace(pace{edge.Rhythm{Days: 3, Last: 20000, Gap: 4, Weight: 1.5, Mean: 2, Squares: .5}, edge.Standing{Stage: edge.StageFamiliar, Since: 19000, Habits: 2}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := unpackPace(data)
		if err != nil {
			return
		}
		if again, err := unpackPace(packPace(p)); err != nil || again != p {
			t.Fatalf("%+v comes back as %+v, %v", p, again, err)
		}
	})
}

func FuzzUnpackTexts(f *testing.F) {
	f.Add(packTexts("Maya", "", "MY-uh"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var a, b, c, d, e string
		if unpackTexts(data, &a, &b, &c) != nil {
			return
		}
		if err := unpackTexts(packTexts(a, b, c), &d, &e); err != nil || a != d || b != e {
			t.Fatalf("%q %q come back as %q %q, %v", a, b, d, e, err)
		}
	})
}

func FuzzDecodeLines(f *testing.F) {
	f.Add([]byte(`{"do":{"t":"x","f":"y","w":"z","o":true,"r":"q"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines, err := decodeLines(data)
		if err != nil {
			return
		}
		packed, err := encodeLines(lines)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeLines(packed)
		if diff := cmp.Diff(map[string]edge.Line(lines), again); err != nil || diff != "" {
			t.Fatal(diff, err)
		}
	})
}
