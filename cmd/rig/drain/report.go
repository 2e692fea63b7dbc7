// SPDX-License-Identifier: Apache-2.0

package drain

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"redbench/cmd/rig/count"
	"redbench/cmd/rig/load"
)

// Report is what the command prints.
type Report struct {
	Options   options       `json:"options"`
	CPUs      int           `json:"cpus"`
	Records   int           `json:"records"`
	Counted   count.Counted `json:"counted"`
	Seconds   float64       `json:"seconds"`            // from the first acknowledged record to the last
	Rate      float64       `json:"records_per_second"` //
	Plain     float64       `json:"plain_rows_per_second"`
	Ratio     float64       `json:"ratio_to_plain"`
	BoxCPU    float64       `json:"box_cpu_us_a_record"`
	OfficeCPU float64       `json:"office_cpu_us_a_record"`
	Without   load.Spread   `json:"prompts_without"`
	With      load.Spread   `json:"prompts_with"`
	Beside    float64       `json:"records_per_second_beside_cards"`
	Problem   string        `json:"problem,omitempty"`

	// Of the rounds' 99th percentiles the middle one, in milliseconds, and their ratio.
	WithoutP99 float64 `json:"p99_without_ms"`
	WithP99    float64 `json:"p99_with_ms"`
	P99Ratio   float64 `json:"ratio_of_p99"`
}

func (report Report) print(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "records that waited\t%d\n", report.Records)
	fmt.Fprintf(table, "lost / doubled / out of order\t%d / %d / %d\t(%v)\n", report.Counted.Lost, report.Counted.Doubled, report.Counted.Disorder, report.Counted)
	fmt.Fprintf(table, "drain, box and head office on %d cores\t%.0f records a second\t(%.1f s)\n", report.CPUs, report.Rate, report.Seconds)
	fmt.Fprintf(table, "plain batched insert of the same rows\t%.0f rows a second\n", report.Plain)
	fmt.Fprintf(table, "ratio\t%.3f\n", report.Ratio)
	fmt.Fprintf(table, "processor time a record\t%.1f µs box, %.1f µs head office\n", report.BoxCPU, report.OfficeCPU)
	if report.Options.Rounds > 0 {
		fmt.Fprintf(table, "card to prompt at %.0f a second, without the drain\tp50 %.2f ms\tp99 %.2f ms (of all cards %.2f)\n", report.Options.Rate, report.Without.P50, report.WithoutP99, report.Without.P99)
		fmt.Fprintf(table, "with the drain\tp50 %.2f ms\tp99 %.2f ms (of all cards %.2f)\n", report.With.P50, report.WithP99, report.With.P99)
		fmt.Fprintf(table, "records meanwhile\t%.0f a second\n", report.Beside)
		fmt.Fprintf(table, "ratio of the 99th percentiles\t%.2f\t(at most %.2f)\n", report.P99Ratio, report.Options.MaxRatio)
	}
	if report.Problem != "" {
		fmt.Fprintf(table, "problem\t%s\n", report.Problem)
	}
	_ = table.Flush()
}

// verdict fails where a figure is not met.
func (report Report) verdict() error {
	var errs []error
	if !report.Counted.Clean() {
		errs = append(errs, fmt.Errorf("the count is not clean: %v", report.Counted))
	}
	if report.Rate < report.Options.MinRate {
		errs = append(errs, fmt.Errorf("%.0f records a second, fewer than %.0f", report.Rate, report.Options.MinRate))
	}
	if report.Options.Rounds > 0 && report.P99Ratio > report.Options.MaxRatio {
		errs = append(errs, fmt.Errorf("prompts take %.2f times as long while it drains, more than %.2f", report.P99Ratio, report.Options.MaxRatio))
	}
	if report.Problem != "" {
		errs = append(errs, errors.New(report.Problem))
	}
	return errors.Join(errs...)
}
