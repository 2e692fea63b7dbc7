// SPDX-License-Identifier: Apache-2.0

package erasure

import (
	"strings"
	"testing"

	"redbench/cmd/rig/process"
)

func TestAForgottenCustomerIsNowhere(t *testing.T) {
	programs, err := process.Build()
	if err != nil {
		t.Fatal(err)
	}
	report, err := Run(t.Context(), Options{Programs: programs, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	report.Print(&out)
	t.Log("\n" + out.String())
}
