// SPDX-License-Identifier: Apache-2.0

// Package bench measures the way from a card on a till to a prompt on a screen, from the outside, beside the least
// program that could do something like it, in the same run and on the same broker.
package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/load"
)

// options are the command's flags.
type options struct {
	Binary    string        `json:"-"`
	Customers int           `json:"customers"`
	Coming    int           `json:"coming"`
	Lanes     int           `json:"lanes"`
	Rate      float64       `json:"rate"`
	Events    string        `json:"events"`
	Round     time.Duration `json:"round_ns"`
	Rounds    int           `json:"rounds"`
	MaxRatio  float64       `json:"max_ratio"`
	Embedded  bool          `json:"embedded"`
	JSON      bool          `json:"-"`
	Keep      bool          `json:"-"`
}

// Command is `rig bench`.
func Command() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:   "bench",
		Short: "Measure card → screen from the outside, beside a minimal pipeline in the same run",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o, cmd.OutOrStdout()) },
	}
	flags := command.Flags()
	flags.StringVar(&o.Binary, "binary", "bin/redbench", "the daemon to measure")
	flags.IntVar(&o.Customers, "customers", 100_000, "customers in the box")
	flags.IntVar(&o.Coming, "coming", 5_000, "customers with past visits, who come")
	flags.IntVar(&o.Lanes, "lanes", 20, "lanes, one screen each")
	flags.Float64Var(&o.Rate, "rate", 50, "cards a second")
	flags.StringVar(&o.Events, "events", "visits", "what follows a card: visits (checkout started and completed) or cards (nothing)")
	flags.DurationVar(&o.Round, "round", 10*time.Second, "length of a round")
	flags.IntVar(&o.Rounds, "rounds", 3, "rounds of each, in turn")
	flags.Float64Var(&o.MaxRatio, "max-ratio", 1.3, "fail when the ratio of the medians is above this")
	flags.BoolVar(&o.Embedded, "embedded", false, "measure the box on its embedded broker (the minimal pipeline stays on Mosquitto)")
	flags.BoolVar(&o.JSON, "json", false, "print JSON")
	flags.BoolVar(&o.Keep, "keep", false, "keep the working directory")
	command.AddCommand(minimalCommand())
	return command
}

// Report is what the command prints.
type Report struct {
	Options options     `json:"options"`
	CPUs    int         `json:"cpus"`
	Box     load.Spread `json:"redbench"`
	Minimal load.Spread `json:"minimal"`
	Ratio   float64     `json:"ratio_of_medians"`
	BoxCPU  float64     `json:"redbench_cpu_us_a_visit"`
	MinCPU  float64     `json:"minimal_cpu_us_a_visit"`
	Inside  float64     `json:"inside_mean_ms"` // of a tap: from its arrival at the daemon to its prompt handed to the screens
	Commit  float64     `json:"commit_mean_ms"` // of the writer, its sync included; no prompt waits for it
	Rounds  []float64   `json:"ratio_by_round"`
	Within  bool        `json:"within"`
	Problem string      `json:"problem,omitempty"`
}

// rig is all that runs during a measurement.
type rig struct {
	o      options
	dir    string
	people people
	run    string
	next   int // visits used so far
	sides  [2]*side
	box    *box.Box
	close  []func() error
}

// side is one of the two that are compared.
type side struct {
	name    string
	store   string
	tills   *load.Tills
	lanes   []string
	pid     int
	cpu     time.Duration               // used in counted rounds
	sent    int                         // visits in counted rounds
	ledger  atomic.Pointer[load.Ledger] // of the round that runs
	delays  []time.Duration
	medians []float64
}

// hear is told of everything that a side's screens receive.
func (s *side) hear(m box.Message) {
	if ledger := s.ledger.Load(); ledger != nil {
		ledger.Heard(m)
	}
}

func run(ctx context.Context, o options, out io.Writer) (err error) {
	if o.Rounds < 1 || o.Lanes < 1 || o.Rate <= 0 || !slices.Contains([]string{"visits", "cards"}, o.Events) {
		return errors.New("rounds and lanes are at least 1, rate is above 0, events is visits or cards")
	}
	dir, err := os.MkdirTemp("", "redbench-bench-")
	if err != nil {
		return err
	}
	now := time.Now()
	r := &rig{o: o, dir: dir, people: newPeople(o.Customers, o.Coming, now), run: runName(now)}
	defer func() { err = errors.Join(err, r.stop()) }()
	if err := r.prepare(ctx); err != nil {
		return err
	}
	report, err := r.measure(ctx)
	if err != nil {
		return err
	}
	if o.JSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		_ = encoder.Encode(report)
	} else {
		report.print(out)
	}
	return report.verdict()
}

// runName gives letters that are new for each run.
func runName(now time.Time) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return 'a' + r - '0'
		}
		return r
	}, fmt.Sprint(now.UnixMilli()))
}

func (r *rig) stop() error {
	var errs []error
	for _, c := range slices.Backward(r.close) {
		errs = append(errs, c())
	}
	if !r.o.Keep {
		errs = append(errs, os.RemoveAll(r.dir))
	}
	return errors.Join(errs...)
}

// prepare starts the broker, the box and the minimal pipeline, with the same customers in both.
func (r *rig) prepare(ctx context.Context) error {
	broker, stop, err := load.Mosquitto(r.dir)
	if err != nil {
		return err
	}
	r.close = append(r.close, stop)
	if err := r.prepareMinimal(ctx, broker); err != nil {
		return fmt.Errorf("the minimal pipeline: %w", err)
	}
	if err := r.prepareBox(ctx, broker); err != nil {
		return fmt.Errorf("the box: %w", err)
	}
	return nil
}

func (r *rig) prepareBox(ctx context.Context, broker string) error {
	customers, visits := filepath.Join(r.dir, "customers.csv"), filepath.Join(r.dir, "visits.csv")
	if err := errors.Join(r.people.writeCustomers(customers), r.people.writeVisits(visits)); err != nil {
		return err
	}
	s := &side{name: "redbench", store: "bench"}
	if r.o.Embedded {
		broker = ""
	}
	b, err := box.Start(ctx, box.Options{Binary: r.o.Binary, Dir: r.dir, Store: s.store, Broker: broker,
		Extra: "[privacy]\nloyalty_prefixes = [\"2912\"]\n[metrics]\nlisten = \"127.0.0.1:0\"\n"})
	if err != nil {
		return err
	}
	r.close = append(r.close, b.Stop)
	r.box = b
	s.pid = b.PID()
	if err := importAll(ctx, b, customers, visits); err != nil {
		return err
	}
	return r.join(s, b.Tills(), func(lane string) (*box.Screen, error) { return b.Screen(ctx, lane, s.hear) })
}

func importAll(ctx context.Context, b *box.Box, customers, visits string) error {
	for _, each := range []struct{ kind, file string }{{"customers", customers}, {"visits", visits}} {
		report, err := b.Import(ctx, each.kind, each.file)
		if err != nil {
			return err
		}
		if report.Bad > 0 {
			return fmt.Errorf("importing %s: %d bad rows, first %+v", each.kind, report.Bad, report.Problems[0])
		}
	}
	return nil
}

func (r *rig) prepareMinimal(ctx context.Context, broker string) error {
	database := filepath.Join(r.dir, "minimal.db")
	if err := r.people.writeDatabase(ctx, database); err != nil {
		return err
	}
	s := &side{name: "minimal", store: "minimal"}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	process := exec.Command(self, "bench", "minimal", "--broker", broker, "--database", database, "--store", s.store)
	process.Stderr = os.Stderr
	stdout, err := process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := process.Start(); err != nil {
		return err
	}
	s.pid = process.Process.Pid
	r.close = append(r.close, func() error {
		_ = process.Process.Signal(syscall.SIGTERM)
		_ = process.Wait() // it ends by the signal
		return nil
	})
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return fmt.Errorf("it did not start: %w", err)
	}
	return r.join(s, broker, func(lane string) (*box.Screen, error) {
		return box.Watch(ctx, "ws://"+strings.TrimSpace(address)+"/ws/lane/"+lane, "", lane, s.hear)
	})
}

// join connects a side's tills and screens.
func (r *rig) join(s *side, broker string, screen func(lane string) (*box.Screen, error)) error {
	for i := range r.o.Lanes {
		s.lanes = append(s.lanes, fmt.Sprintf("L%d", i+1))
	}
	for _, lane := range s.lanes {
		connected, err := screen(lane)
		if err != nil {
			return err
		}
		r.close = append(r.close, connected.Close)
	}
	tills, err := load.Connect(broker, s.name+"-", s.lanes)
	if err != nil {
		return err
	}
	r.close = append(r.close, func() error { tills.Close(); return nil })
	s.tills = tills
	r.sides[map[string]int{"redbench": 0, "minimal": 1}[s.name]] = s
	return nil
}
