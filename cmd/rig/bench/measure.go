// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"redbench/cmd/rig/load"
	"redbench/edge/simulate"
)

// patience is how long after a round's last card its prompt may still come.
const patience = 5 * time.Second

// measure warms both sides up, then lets them take turns, so that whatever else the machine does meets both.
func (r *rig) measure(ctx context.Context) (Report, error) {
	report := Report{Options: r.o, CPUs: runtime.NumCPU()}
	var problems []string
	before, err := r.box.Metrics(ctx)
	if err != nil {
		return report, err
	}
	for round := range r.o.Rounds + 1 { // round 0 is not counted
		for k := range r.sides {
			s := r.sides[(k+round)%2]
			used := load.CPU(s.pid)
			ledger, err := r.round(ctx, s, round)
			if err != nil {
				return report, err
			}
			if problem := ledger.Problem(); problem != "" {
				problems = append(problems, fmt.Sprintf("%s, round %d: %s", s.name, round, problem))
			}
			if round > 0 {
				s.cpu += load.CPU(s.pid) - used
				s.sent += ledger.Prompts
				s.delays = append(s.delays, ledger.Delays()...)
				s.medians = append(s.medians, load.SpreadOf(ledger.Delays()).P50)
			}
		}
	}
	after, err := r.box.Metrics(ctx)
	if err != nil {
		return report, err
	}
	report.Inside, report.Commit = mean(before, after, "redbench_tap_seconds"), mean(before, after, "redbench_commit_seconds")
	report.BoxCPU, report.MinCPU = r.sides[0].cost(), r.sides[1].cost()
	report.Box, report.Minimal = load.SpreadOf(r.sides[0].delays), load.SpreadOf(r.sides[1].delays)
	report.Ratio = report.Box.P50 / report.Minimal.P50
	for i, median := range r.sides[0].medians {
		report.Rounds = append(report.Rounds, median/r.sides[1].medians[i])
	}
	report.Within = report.Ratio <= r.o.MaxRatio
	report.Problem = strings.Join(problems, "; ")
	return report, nil
}

// cost is the processor time of a visit, in microseconds.
func (s *side) cost() float64 { return float64(s.cpu.Microseconds()) / float64(max(1, s.sent)) }

// mean gives the mean of a histogram between two readings, in milliseconds.
func mean(before, after map[string]float64, name string) float64 {
	count := after[name+"_count"] - before[name+"_count"]
	return 1000 * (after[name+"_sum"] - before[name+"_sum"]) / max(1, count)
}

// round sends one round of visits to a side.
func (r *rig) round(ctx context.Context, s *side, round int) (*load.Ledger, error) {
	length := r.o.Round
	if round == 0 {
		length = min(length, 3*time.Second)
	}
	var visits []load.Visit
	for range int(r.o.Rate * length.Seconds()) {
		visits = append(visits, r.people.visit(r.next))
		r.next++
	}
	ledger := load.NewLedger()
	s.ledger.Store(ledger)
	err := s.tills.Run(ctx, load.Options{Store: s.store, Lanes: s.lanes, Rate: r.o.Rate, Events: r.o.Events,
		Round: fmt.Sprintf("%s-%s-%d", r.run, s.name, round), Currency: simulate.Currency}, visits, ledger, patience)
	return ledger, err
}

// print shows the report to a person.
func (report Report) print(out io.Writer) {
	o := report.Options
	broker := "Mosquitto"
	if o.Embedded {
		broker = "Mosquitto (minimal), embedded broker (redbench)"
	}
	fmt.Fprintf(out, "card → screen, %g cards a second on %d lanes, %d customers, %s, %d CPUs, open loop, %d rounds of %s each in turn\n\n",
		o.Rate, o.Lanes, o.Customers, broker, report.CPUs, o.Rounds, o.Round)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tprompts\tp50\tp90\tp99\tp99.9\tmax\t\t")
	for _, row := range []struct {
		name string
		load.Spread
	}{{"redbench", report.Box}, {"minimal", report.Minimal}} {
		fmt.Fprintf(table, "%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t ms\t\n", row.name, row.Count, row.P50, row.P90, row.P99, row.P999, row.Max)
	}
	_ = table.Flush()
	fmt.Fprintf(out, "\nredbench by its own count: %.2f ms from a tap's arrival to its prompt, %.2f ms a commit (means)\n", report.Inside, report.Commit)
	fmt.Fprintf(out, "processor time a visit: redbench %.0f µs, minimal %.0f µs\n", report.BoxCPU, report.MinCPU)
	fmt.Fprintf(out, "ratio of the medians %.2f (at most %.2f); by round:", report.Ratio, o.MaxRatio)
	for _, ratio := range report.Rounds {
		fmt.Fprintf(out, " %.2f", ratio)
	}
	fmt.Fprintln(out)
}

// verdict is the error that makes the command fail.
func (report Report) verdict() error {
	if report.Problem != "" {
		return fmt.Errorf("the count does not come out: %s", report.Problem)
	}
	if !report.Within {
		return fmt.Errorf("the ratio of the medians is %.2f, above %.2f", report.Ratio, report.Options.MaxRatio)
	}
	return nil
}
