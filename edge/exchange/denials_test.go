// SPDX-License-Identifier: Apache-2.0

package exchange_test

import (
	"strings"
	"testing"

	"redbench/edge"
	"redbench/edge/exchange"
)

// TestAColumnOfYesAndNo: "no" under no-chat is no fact; under another kind it is what she told.
func TestAColumnOfYesAndNo(t *testing.T) {
	rows := "identifier,fact.no-chat,fact.no-greeting,fact.preference\n1,no,FALSE,no\n2,yes,x,\n"
	var got []string
	for row, err := range exchange.Customers(strings.NewReader(rows), exchange.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range row.Facts {
			got = append(got, row.Identifier.Value+" "+string(f.Kind))
		}
	}
	want := "1 " + string(edge.FactPreference) + ",2 " + string(edge.FactNoChat) + ",2 " + string(edge.FactNoGreeting)
	if strings.Join(got, ",") != want {
		t.Errorf("%q, want %q", strings.Join(got, ","), want)
	}
}
