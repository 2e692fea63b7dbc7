// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"strings"
	"time"

	"redbench/daemon/control"
)

// slowProbe is what a cashier would notice.
const slowProbe = time.Second

// JudgeProbe tells how a test event fared; report is nil where no box runs that could send one.
func JudgeProbe(f *Findings, report *control.ProbeReport, err error) {
	switch {
	case err != nil:
		f.Add("probe-failed", "step", "asking for one", "problem", err)
		return
	case report == nil:
		f.Add("probe-stopped")
		return
	}
	if failed := report.Failed(); failed.Error != "" || !report.OK {
		f.Add("probe-failed", "step", failed.Name, "problem", failed.Error)
		return
	}
	slowest, steps := control.ProbeStep{}, []string{}
	for _, s := range report.Steps {
		if s.Took > slowest.Took {
			slowest = s
		}
		steps = append(steps, s.Name+" "+took(s.Took))
	}
	if report.Took > slowProbe {
		f.Add("probe-slow", "took", took(report.Took), "step", slowest.Name, "most", took(slowest.Took))
		return
	}
	f.Add("probe-good", "took", took(report.Took), "steps", strings.Join(steps, ", "))
}
