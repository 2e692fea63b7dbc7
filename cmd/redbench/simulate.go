// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/edge"
	"redbench/edge/simulate"
)

// simulateOptions are the flags of `redbench simulate`.
type simulateOptions struct {
	tills   tillOptions
	lanes   []string
	seed    uint64
	speed   float64
	length  time.Duration // for --for: stop after this
	hours   time.Duration
	pace    time.Duration
	members float64
	day     bool
	record  string
	rows    string
}

func newSimulateCommand() *cobra.Command {
	var o simulateOptions
	command := &cobra.Command{
		Use:   "simulate",
		Short: "Send a believable store day, as tills would",
		Long: `Sends a made-up store day to a broker: customers of many tongues, strangers, second cards, suspended and abandoned
checkouts, returns, and messages sent twice. One MQTT connection a lane; each event is stamped with the time at which it
is sent. Everybody in it is invented; --rows writes them as files that "redbench import" reads, so that the box knows
them.

It stops after the day (--day), after a time (--for), or by Ctrl-C; without --day, the next day follows.`,
		Example: `  redbench simulate --rows /tmp/chain
  redbench import customers /tmp/chain/customers.csv
  redbench import visits /tmp/chain/visits.csv
  redbench simulate --lanes 1,2,3 --speed 60 --day`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSimulate(cmd, o) },
	}
	flags := command.Flags()
	o.tills.add(flags)
	flags.StringSliceVar(&o.lanes, "lanes", []string{"1", "2", "3"}, "lanes, one till each")
	flags.Uint64Var(&o.seed, "seed", 1, "another seed, another day")
	flags.Float64Var(&o.speed, "speed", 1, "60 puts an hour into a minute; 0 goes as fast as the broker takes it")
	flags.BoolVar(&o.day, "day", false, "one day, then stop")
	flags.DurationVar(&o.length, "for", 0, "stop after this time, as in 30s or 2h")
	flags.DurationVar(&o.hours, "hours", 12*time.Hour, "opening hours")
	flags.DurationVar(&o.pace, "pace", 90*time.Second, "from one customer to the next on a lane, when it is busiest")
	flags.Float64Var(&o.members, "members", .6, "share of customers who show a card")
	flags.StringVar(&o.record, "record", "", "write what is sent to this file too, for redbench replay")
	flags.StringVar(&o.rows, "rows", "", "send nothing; write customers.csv and visits.csv of the made-up chain to this folder")
	return command
}

func (o simulateOptions) check() error {
	var problems []error
	if len(o.lanes) == 0 {
		problems = append(problems, errors.New("--lanes names no lane"))
	}
	for _, lane := range o.lanes {
		if !edge.ValidLane(lane) {
			problems = append(problems, fmt.Errorf("--lanes: %q is no lane: 1 to 32 letters, digits, _ and -, and not \"box\"", lane))
		}
	}
	if o.speed < 0 || o.length < 0 || o.hours <= 0 || o.pace <= 0 || o.members < 0 || o.members > 1 {
		problems = append(problems, errors.New("--speed and --for are not below 0, --hours and --pace are above 0, --members is 0 to 1"))
	}
	return errors.Join(problems...)
}

func runSimulate(cmd *cobra.Command, o simulateOptions) error {
	if err := o.check(); err != nil {
		return cli.WrongUsage(err)
	}
	if o.rows != "" {
		return writeRows(o.rows, simulate.NewChain(o.seed, time.Now()), cmd.OutOrStdout())
	}
	tills, err := connectTills(cmd, o.tills)
	if err != nil {
		return err
	}
	defer tills.close()
	messages := days(o, tills.store, time.Now())
	if o.record != "" {
		recorder, err := newRecorder(o.record)
		if err != nil {
			return err
		}
		defer recorder.Close()
		tills.recorder = recorder
	}
	ctx, cancel := within(cmd.Context(), o.length)
	defer cancel()
	return play(cmd, ctx, tills, &simulate.Player{Speed: o.speed}, messages)
}

// within bounds a context, unless the time is 0.
func within(ctx context.Context, length time.Duration) (context.Context, context.CancelFunc) {
	if length <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, length)
}

// days gives the messages of one day, or of one day after the other without the nights.
func days(o simulateOptions, store string, now time.Time) iter.Seq[simulate.Message] {
	return dayAfterDay(simulate.DayOptions{Chain: simulate.NewChain(o.seed, now), Seed: o.seed, Open: openingAt(now),
		Length: o.hours, Store: store, Lanes: o.lanes, Pace: o.pace, Members: o.members}, o.day)
}

// openingAt gives seven in the morning of the day. Down to the millisecond it is of this run alone, so that its events
// are new to a box that has seen another run.
func openingAt(now time.Time) time.Time {
	seven := time.Date(now.Year(), now.Month(), now.Day(), 7, 0, 0, 0, now.Location())
	return seven.Add(time.Duration(now.UnixNano() % int64(time.Second)))
}

// dayAfterDay puts days one after the other; the doors open again ten minutes after they closed.
func dayAfterDay(o simulate.DayOptions, one bool) iter.Seq[simulate.Message] {
	return func(yield func(simulate.Message) bool) {
		after := time.Duration(0)
		for {
			last := time.Duration(0)
			for m := range simulate.Messages(simulate.Day(o)) {
				last = m.After
				m.After += after
				if !yield(m) {
					return
				}
			}
			if one {
				return
			}
			after += last + 10*time.Minute
			o.Open = o.Open.AddDate(0, 0, 1)
			o.Seed++
		}
	}
}

// writeRows writes the chain as files for redbench import.
func writeRows(dir string, chain *simulate.Chain, out io.Writer) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("writing the made-up chain: %w", err)
	}
	for name, write := range map[string]func(io.Writer) error{
		"customers.csv": chain.WriteCustomers,
		"visits.csv":    chain.WriteVisits,
	} {
		if err := writeFile(dir+string(os.PathSeparator)+name, write); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%d customers and %d visits written to %s\n", len(chain.Customers), len(chain.Visits),
		strings.TrimSuffix(dir, string(os.PathSeparator)))
	return err
}

func writeFile(name string, write func(io.Writer) error) error {
	file, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("writing the made-up chain: %w", err)
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}
