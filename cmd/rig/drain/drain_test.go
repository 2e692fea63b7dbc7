// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"path/filepath"
	"strings"
	"testing"

	"redbench/cmd/rig/count"
	"redbench/cmd/rig/load"
	"redbench/cmd/rig/process"
)

// A small month, by the real programs: what is measured is measured on what really arrives.
func TestAMonthArrivesOnceAndInOrder(t *testing.T) {
	programs, err := process.Build()
	if err != nil {
		t.Fatal(err)
	}
	o := options{Bin: filepath.Dir(programs.Box), Dir: t.TempDir(), Records: 3000, Customers: 200, Rate: 50}
	report, err := run(t.Context(), o, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if !report.Counted.Clean() || report.Counted.Told != 3000 || report.Records != 3000 || report.Plain == 0 {
		t.Errorf("%+v", report)
	}
}

func TestTheReportFailsOnEachFigure(t *testing.T) {
	good := Report{Options: options{MinRate: 100, MaxRatio: 1.5, Rounds: 1, Rate: 50}, Rate: 200, P99Ratio: 1.2,
		With: load.Spread{P99: 2.4}, Without: load.Spread{P99: 2}}
	if err := good.verdict(); err != nil {
		t.Error(err)
	}
	slow, late, lossy, odd := good, good, good, good
	slow.Rate, late.P99Ratio, lossy.Counted, odd.Problem = 50, 1.6, count.Counted{Lost: 1}, "a card without a prompt"
	for name, report := range map[string]Report{"slow": slow, "late": late, "lossy": lossy, "odd": odd} {
		if report.verdict() == nil {
			t.Errorf("a report that is %s passed", name)
		}
	}
	var out strings.Builder
	good.print(&out)
	if !strings.Contains(out.String(), "200 records a second") {
		t.Errorf("the report does not tell the rate:\n%s", out.String())
	}
}
