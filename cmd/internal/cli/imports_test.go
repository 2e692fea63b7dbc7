// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"strings"
	"testing"

	"redbench/edge"
)

// TestImportProblemsAreCounted: facts that were left out are told of at the end, and are no bad row.
func TestImportProblemsAreCounted(t *testing.T) {
	for bad, want := range map[int]struct {
		lines int
		more  string
	}{0: {1, ""}, 19: {20, ""}, 20: {21, ""}, 21: {22, "… and 1 more;"}} {
		r := Imported{ImportReport: edge.ImportReport{FactsLeftOut: 3}}
		for range bad {
			r.AddBad(edge.BadRow{Line: 1, Reason: "bad"})
		}
		r.Problems = append(r.Problems, edge.BadRow{Line: 7, Reason: "facts left out"})
		var messages strings.Builder
		printImport(io.Discard, &messages, r)
		got := messages.String()
		if strings.Count(got, "\n") != want.lines || !strings.HasSuffix(got, "line 7: facts left out\n") ||
			!strings.Contains(got, want.more) || want.more == "" && strings.Contains(got, "more") {
			t.Errorf("%d bad rows:\n%s", bad, got)
		}
	}
}
