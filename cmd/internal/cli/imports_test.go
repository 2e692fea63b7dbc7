// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"strings"
	"testing"

	"redbench/edge"
)

// TestImportProblemsAreCounted: one reason is told of its first rows, however many there are; facts that were left out are told of at the
// end, and are no bad row.
func TestImportProblemsAreCounted(t *testing.T) {
	for bad, want := range map[int]struct {
		lines int
		more  string
	}{0: {1, ""}, 3: {4, ""}, 4: {5, "… and 1 row of"}, 900: {5, "… and 897 rows of"}, 1001: {6, "… and 1 bad row more"}} {
		r := Imported{ImportReport: edge.ImportReport{FactsLeftOut: 3}}
		for i := range bad {
			r.AddBad(edge.BadRow{Line: i + 1, Reason: "bad"})
		}
		r.Problems = append(r.Problems, edge.BadRow{Line: 7, Reason: "facts left out"})
		var messages strings.Builder
		printImport(io.Discard, &messages, r)
		got := messages.String()
		if strings.Count(got, "\n") != want.lines || !strings.HasSuffix(got, "line 7: facts left out\n") ||
			!strings.Contains(got, want.more) || want.more == "" && strings.Contains(got, "…") {
			t.Errorf("%d bad rows:\n%s", bad, got)
		}
	}
}

// TestEachReasonIsTold, up to a screenful of them.
func TestEachReasonIsTold(t *testing.T) {
	var r Imported
	for i := range 25 {
		r.AddBad(edge.BadRow{Line: i + 1, Reason: strings.Repeat("x", i+1)})
	}
	var messages strings.Builder
	printImport(io.Discard, &messages, r)
	if got := messages.String(); strings.Count(got, "\n") != 21 || !strings.Contains(got, "… and 5 bad rows more") {
		t.Error(got)
	}
}
