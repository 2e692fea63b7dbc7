// SPDX-License-Identifier: Apache-2.0

// Package shown sends real purchase histories through a real broker and the real daemon to real screens, and counts
// whether every card brought exactly one prompt, with exactly the right name.
package shown

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/load"
	"redbench/edge"
	"redbench/edge/simulate"
)

type options struct {
	Data    string
	Binary  string
	Last    int
	Lanes   int
	Rate    float64
	Screens string
	JSON    bool
	Keep    bool
}

// Command is `rig shown`.
func Command() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:   "shown",
		Short: "Send real purchase histories as visits, and hold every card against its prompt",
		Long: `Imports all visits but the last of each customer of a purchase-history data set, with made-up names and cards, then
sends those last visits through a real Mosquitto as card, checkout started and checkout completed, and counts the
prompts that real WebSocket screens receive: sent, shown, lost, doubled, with the wrong customer.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.Data, "data", "../shared/data/coop_italy", "folder with transactions.csv.gz")
	flags.StringVar(&o.Binary, "binary", "bin/redbench", "the daemon")
	flags.IntVar(&o.Last, "last", 20, "visits of each customer that are sent instead of imported")
	flags.IntVar(&o.Lanes, "lanes", 25, "lanes, one screen each; a customer has a lane for herself")
	flags.Float64Var(&o.Rate, "rate", 50, "visits a second (three events each)")
	flags.StringVar(&o.Screens, "screens", "", "folder for screenshots of the first three customers' screens")
	flags.BoolVar(&o.JSON, "json", false, "print JSON")
	flags.BoolVar(&o.Keep, "keep", false, "keep the working directory")
	return command
}

// Report is what the command prints.
type Report struct {
	Customers   int         `json:"customers"`
	Imported    int         `json:"visits_imported"`
	ImportRows  int         `json:"rows_imported"`
	ImportTook  float64     `json:"import_s"`
	Lanes       int         `json:"lanes"`
	Rate        float64     `json:"visits_a_second"`
	Visits      int         `json:"visits_sent"`
	Events      int         `json:"events_sent"`
	Prompts     int         `json:"prompts_shown"`
	Lost        int         `json:"lost"`
	Doubled     int         `json:"doubled"`
	Wrong       int         `json:"wrong_customer"`
	Remember    int         `json:"with_remember_line"`
	Do          int         `json:"with_do_line"`
	Latency     load.Spread `json:"card_to_screen"`
	Screenshots []string    `json:"screenshots,omitempty"`
	Box         edge.Counts `json:"box_counts"` // what the box itself says it did
}

func run(ctx context.Context, o options, out, progress io.Writer) (err error) {
	if o.Last < 1 || o.Lanes < 1 || o.Rate <= 0 {
		return errors.New("last and lanes are at least 1, rate is above 0")
	}
	all, err := readShoppers(o.Data)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "redbench-shown-")
	if err != nil {
		return err
	}
	if !o.Keep {
		defer os.RemoveAll(dir)
	}
	broker, stop, err := load.Mosquitto(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	b, err := box.Start(ctx, box.Options{Binary: o.Binary, Dir: dir, Store: "coop", Broker: broker,
		Extra: "[privacy]\nloyalty_prefixes = [\"2913\"]\n"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Stop()) }()

	report := Report{Customers: len(all), Lanes: o.Lanes, Rate: o.Rate}
	if err := report.importAll(ctx, b, dir, all, o.Last, progress); err != nil {
		return err
	}
	ledger := load.NewLedger()
	if err := report.send(ctx, o, b, broker, comingVisits(all, o.Last), ledger, progress); err != nil {
		return err
	}
	status, err := b.Status(ctx)
	if err != nil {
		return err
	}
	report.Box = status.Counts
	report.count(ledger)
	report.print(out, o.JSON)
	if problem := ledger.Problem(); problem != "" {
		return errors.New("the count does not come out: " + problem)
	}
	return nil
}

func (r *Report) importAll(ctx context.Context, b *box.Box, dir string, all []*shopper, last int, progress io.Writer) error {
	customers, visits, count, err := writeImports(dir, all, last, time.Now())
	if err != nil {
		return err
	}
	r.Imported = count
	fmt.Fprintf(progress, "importing %d customers and %d visits\n", len(all), count)
	began := time.Now()
	for _, each := range []struct{ kind, file string }{{"customers", customers}, {"visits", visits}} {
		done, err := b.Import(ctx, each.kind, each.file)
		if err != nil {
			return err
		}
		if done.Bad > 0 {
			return fmt.Errorf("importing %s: %d bad rows, the first: %w", each.kind, done.Bad, &done.Problems[0])
		}
		r.ImportRows += done.Rows
	}
	r.ImportTook = time.Since(began).Seconds()
	return nil
}

func (r *Report) send(ctx context.Context, o options, b *box.Box, broker string, visits []load.Visit, ledger *load.Ledger,
	progress io.Writer) error {
	var lanes []string
	for i := range o.Lanes {
		lane := fmt.Sprintf("L%02d", i+1)
		screen, err := b.Screen(ctx, lane, ledger.Heard)
		if err != nil {
			return err
		}
		defer screen.Close()
		lanes = append(lanes, lane)
	}
	tills, err := load.Connect(broker, "till-", lanes)
	if err != nil {
		return err
	}
	defer tills.Close()
	r.Visits = len(visits)
	how := load.Options{Store: "coop", Lanes: lanes, Rate: o.Rate, Events: "visits", Round: "first", Currency: simulate.Currency}
	if o.Screens != "" {
		slow := min(3, len(visits))
		fmt.Fprintf(progress, "sending %d visits slowly, for the camera\n", slow)
		if r.Screenshots, err = photograph(ctx, o.Screens, b, tills, how, visits[:slow], ledger); err != nil {
			return err
		}
		visits = visits[slow:]
	}
	how.Round = "rest"
	fmt.Fprintf(progress, "sending %d visits at %g a second on %d lanes\n", len(visits), o.Rate, o.Lanes)
	return tills.Run(ctx, how, visits, ledger, 10*time.Second)
}

func (r *Report) count(l *load.Ledger) {
	r.Events, r.Prompts, r.Lost, r.Doubled, r.Wrong = l.Sent, l.Prompts, l.Lost(), l.Doubled+l.Foreign, l.Wrong
	r.Remember, r.Do = l.Remember, l.Do
	r.Latency = load.SpreadOf(l.Delays())
}

func (r *Report) print(out io.Writer, asJSON bool) {
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		_ = encoder.Encode(r)
		return
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name string, value any) { fmt.Fprintf(table, "%s\t%v\n", name, value) }
	line("customers", r.Customers)
	line("visits imported", fmt.Sprintf("%d (%d rows in %.1f s)", r.Imported, r.ImportRows, r.ImportTook))
	line("visits sent", fmt.Sprintf("%d at %g a second on %d lanes", r.Visits, r.Rate, r.Lanes))
	line("events sent", r.Events)
	line("prompts shown", r.Prompts)
	line("lost / doubled / wrong customer", fmt.Sprintf("%d / %d / %d", r.Lost, r.Doubled, r.Wrong))
	line("with a remember line, a do line", fmt.Sprintf("%d, %d", r.Remember, r.Do))
	line("card to screen, ms", fmt.Sprintf("p50 %.1f  p90 %.1f  p99 %.1f  max %.1f", r.Latency.P50, r.Latency.P90, r.Latency.P99, r.Latency.Max))
	line("the box counted", fmt.Sprintf("%d events, %d visits, %d prompts, %d in quarantine", r.Box.Events, r.Box.Visits, r.Box.Prompts, r.Box.Quarantined))
	if len(r.Screenshots) > 0 {
		line("screenshots", strings.Join(r.Screenshots, " "))
	}
	_ = table.Flush()
}
