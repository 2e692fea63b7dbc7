// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"redbench/cmd/rig/count"
	"redbench/cmd/rig/process"
)

// Report is what came of a run.
type Report struct {
	Options  Options       `json:"options"`
	Seconds  float64       `json:"seconds"`
	Days     []Day         `json:"days"`
	Findings []Finding     `json:"findings"`
	Counted  count.Counted `json:"checkouts_at_head_office"`
	Problems []string      `json:"problems"`
}

// Run lives through the days. The report may be of a run in which something was wrong: see Report.Problems.
func Run(ctx context.Context, o Options) (report Report, err error) {
	w := &world{o: o, ledger: newLedger()}
	report.Options = o
	begin := time.Now()
	defer func() {
		if w.box != nil && err != nil {
			err = fmt.Errorf("%w\nthe box's log ends:\n%s\nhead office's:\n%s", err, w.box.LogTail(), process.Tail(w.office.Log()))
		}
		w.end()
		report.Seconds = time.Since(begin).Seconds()
	}()
	if err := w.open(ctx); err != nil {
		return report, fmt.Errorf("opening the store: %w", err)
	}
	for day := 1; day <= o.Days; day++ {
		if err := w.day(ctx, day); err != nil {
			return report, fmt.Errorf("day %d: %w", day, err)
		}
		d, err := w.measure(ctx, day)
		if err != nil {
			return report, fmt.Errorf("day %d: %w", day, err)
		}
		report.Days = append(report.Days, d)
		if o.told != nil {
			o.told(d)
		}
	}
	if err := w.settle(ctx); err != nil {
		return report, err
	}
	report.Counted = w.count
	report.Findings, report.Problems = judge(report.Days)
	report.Problems = append(report.Problems, w.ledger.problems...)
	if !w.count.Clean() {
		report.Problems = append(report.Problems, fmt.Sprintf("checkouts at head office: %v", w.count))
	}
	if sold, _ := w.ledger.read(); sold.Lost+sold.Doubled+sold.Wrong > 0 {
		report.Problems = append(report.Problems, fmt.Sprintf("prompts: %d lost, %d doubled, %d with the wrong customer", sold.Lost, sold.Doubled, sold.Wrong))
	}
	return report, errors.Join(w.box.Stop(), w.office.Stop())
}

const head = "day\toffice\tevents\tprompts\tRSS MiB\theap MiB\tgoroutines\thandles\tthreads\tdatabase MiB\tjournal MiB\tstate MiB\tfiles\ttemp\tvisits\tprompts kept\tevents kept\twaiting\tbackups\n"

// line writes a day.
func (d Day) line(out io.Writer) {
	_, _ = fmt.Fprintf(out, "%d\t%s\t%d\t%d\t%.1f\t%.1f\t%.0f\t%.0f\t%.0f\t%.1f\t%.1f\t%.1f\t%.0f\t%.0f\t%d\t%d\t%d\t%d\t%d\n", d.Day, d.Office, d.Sold.Events, d.Sold.Prompts,
		d.RSS/mega, d.Heap/mega, d.Goroutines, d.Handles, d.Threads, d.Database/mega, d.Journal/mega, d.State/mega, d.Files, d.Temp, d.Visits,
		d.Prompts, d.Seen, d.Waiting, d.Backups)
}

func (report Report) print(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(table, head)
	for _, d := range report.Days {
		d.line(table)
	}
	_, _ = fmt.Fprint(table, "\n\tmiddle third\tlast third\tat most\n")
	for _, f := range report.Findings {
		_, _ = fmt.Fprintf(table, "%s\t%.1f\t%.1f\t%.1f %s\n", f.What, f.Middle, f.Last, f.Most, f.Unit)
	}
	if len(report.Findings) == 0 {
		_, _ = fmt.Fprintf(table, "whether it stays flat is not judged by fewer than %d days\n", leastDays)
	}
	_ = table.Flush() // a terminal that is gone is not our trouble
	_, _ = fmt.Fprintf(out, "checkouts at head office: %v\n", report.Counted)
	if n := len(report.Days); n > 0 {
		_, _ = fmt.Fprintf(out, "%d days in %.0f s: %+v\n", n, report.Seconds, report.Days[n-1].Sold)
	}
	for _, problem := range report.Problems {
		_, _ = fmt.Fprintln(out, "WRONG:", problem)
	}
	if len(report.Problems) == 0 && len(report.Findings) > 0 {
		_, _ = fmt.Fprintln(out, "flat: memory, handles and disk stay as they are; nothing lost, nothing doubled")
	}
}

// program is what that runs now.
func program() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	return path, nil
}
