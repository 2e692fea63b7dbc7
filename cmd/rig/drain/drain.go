// SPDX-License-Identifier: Apache-2.0

// Package drain measures a box that could not reach head office for a month and now can: how fast what it holds gets
// there beside a plain insert of the same rows, whether all of it arrives once and in order, and whether cashiers notice.
package drain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/office"
	"redbench/cmd/rig/process"
	"redbench/edge/seal"
	"redbench/edge/store"
)

// options are the command's flags.
type options struct {
	Bin       string        `json:"-"`
	Dir       string        `json:"-"`
	From      string        `json:"-"`
	Records   int           `json:"records"`
	Customers int           `json:"customers"`
	Rate      float64       `json:"rate"`
	Round     time.Duration `json:"round_ns"`
	Rounds    int           `json:"rounds"`
	CPU       int           `json:"cpu_percent"`
	MinRate   float64       `json:"min_records_per_second"`
	MaxRatio  float64       `json:"max_ratio"`
	JSON      bool          `json:"-"`
	Keep      bool          `json:"-"`
}

// Command is `rig drain`.
func Command() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:   "drain",
		Short: "Measure how a box that was offline for a month tells head office, and whether cashiers notice",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := run(cmd.Context(), o, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			report.write(cmd.OutOrStdout(), o.JSON)
			return report.verdict()
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.Bin, "bin", "bin", "where redbench and redbench-hq are")
	flags.StringVar(&o.Dir, "dir", "", "where to work, on the disk to be measured (default: a new folder in the system's temporary one)")
	flags.StringVar(&o.From, "from", "", "a month that an earlier run kept, in place of a new one (with the same --records and --customers)")
	flags.IntVar(&o.Records, "records", 1_000_000, "records that wait")
	flags.IntVar(&o.Customers, "customers", 20_000, "customers in the box")
	flags.Float64Var(&o.Rate, "rate", 50, "cards a second while prompts are measured")
	flags.DurationVar(&o.Round, "round", 20*time.Second, "length of a round of prompts")
	flags.IntVar(&o.Rounds, "rounds", 5, "rounds with and without the drain, in turn; 0: prompts are not measured")
	flags.IntVar(&o.CPU, "cpu-percent", 0, "[hq] cpu_percent of the box; 0: as it is when nobody sets it")
	flags.Float64Var(&o.MinRate, "min-rate", 10_000, "fail when fewer records a second arrive")
	flags.Float64Var(&o.MaxRatio, "max-ratio", 1.5, "fail when the 99th percentile with the drain is above this many times that without")
	flags.BoolVar(&o.JSON, "json", false, "print JSON")
	flags.BoolVar(&o.Keep, "keep", false, "keep the working directory")
	return command
}

const storeID = "harbour"

// rig is all that runs during a measurement.
type rig struct {
	o      options
	dir    string
	bin    process.Programs
	month  *month
	told   told
	office *office.Office
	box    *box.Box
	say    func(format string, args ...any)
}

func run(ctx context.Context, o options, progress io.Writer) (report Report, err error) {
	if o.Records < 1000 || o.Customers < 1 || o.Customers >= o.Records || o.Rounds < 0 || o.Rate <= 0 {
		return report, errors.New("records are at least 1000, customers fewer than those, rate above 0")
	}
	r := &rig{o: o, say: func(format string, args ...any) { fmt.Fprintf(progress, format+"\n", args...) }}
	if r.bin, err = process.Built(o.Bin); err != nil {
		return report, err
	}
	if r.dir, err = os.MkdirTemp(o.Dir, "redbench-drain-"); err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	if err := r.prepare(ctx); err != nil {
		return report, fmt.Errorf("preparing the month: %w", err)
	}
	report = Report{Options: o, CPUs: runtime.NumCPU(), Records: r.told.records, Plain: float64(r.told.records) / r.told.insert.Seconds()}
	if err := r.drain(ctx, &report); err != nil {
		return report, errors.Join(err, r.tails())
	}
	if o.Rounds > 0 {
		if err := r.prompts(ctx, &report); err != nil {
			return report, errors.Join(err, r.tails())
		}
	}
	return report, nil
}

func (r *rig) tails() error {
	return fmt.Errorf("the box's log ends:\n%s\nhead office's:\n%s", r.box.LogTail(), process.Tail(r.office.Log()))
}

func (r *rig) stop() error {
	var errs []error
	if r.box != nil {
		errs = append(errs, r.box.Stop())
	}
	if r.office != nil {
		errs = append(errs, r.office.Stop())
	}
	if r.o.Keep {
		r.say("kept %s", r.dir)
		return errors.Join(errs...)
	}
	return errors.Join(append(errs, os.RemoveAll(r.dir))...)
}

// prepare lets a box live a month without head office, keeps a copy of both as they are before they meet again, and
// measures the plain insert of what waits.
func (r *rig) prepare(ctx context.Context) (err error) {
	if r.office, err = office.Configure(office.Options{Binary: r.bin.Office, Dir: r.part("office")}); err != nil {
		return err
	}
	if r.box, err = box.Configure(box.Options{Binary: r.bin.Box, Dir: r.part("box"), Store: storeID, Extra: r.extra()}); err != nil {
		return err
	}
	r.month = newMonth(storeID, r.o.Customers, r.o.Records, time.Now())
	if r.o.From != "" {
		err = errors.Join(copyDir(filepath.Join(r.o.From, "before"), r.part("before")), r.restore(copyDir))
	} else {
		err = r.live(ctx)
	}
	if err != nil {
		return err
	}
	return r.withStore(ctx, func(s *store.Store) error {
		if r.told, err = read(ctx, s, r.part("plain.db")); err != nil {
			return err
		}
		r.say("plain insert of the same %d rows: %.1f s", r.told.records, r.told.insert.Seconds())
		return os.Remove(r.part("plain.db"))
	})
}

// live enrols the box and lets it live its month.
func (r *rig) live(ctx context.Context) error {
	if err := r.office.Start(ctx); err != nil {
		return err
	}
	if err := errors.Join(r.office.Join(ctx, r.box, r.office.URL()), r.office.Stop()); err != nil {
		return err
	}
	if err := r.withStore(ctx, func(s *store.Store) error { return r.fill(ctx, s) }); err != nil {
		return err
	}
	if err := os.Mkdir(r.part("before"), 0o700); err != nil {
		return err
	}
	return errors.Join(copyDir(r.box.State(), r.part("before/box")), copyDir(r.office.State(), r.part("before/office")))
}

// restore puts box and head office back to where they were before they met.
func (r *rig) restore(put func(from, to string) error) error {
	for live, before := range map[string]string{r.box.State(): "before/box", r.office.State(): "before/office"} {
		if err := errors.Join(os.RemoveAll(live), put(r.part(before), live)); err != nil {
			return fmt.Errorf("going back before the drain: %w", err)
		}
	}
	return nil
}

func (r *rig) part(name string) string { return filepath.Join(r.dir, name) }

func (r *rig) extra() string {
	extra := fmt.Sprintf("[privacy]\nloyalty_prefixes = [\"2912\"]\n[metrics]\nlisten = \"127.0.0.1:0\"\n[hq]\nurl = %q\n", r.office.URL())
	if r.o.CPU > 0 {
		extra += fmt.Sprintf("cpu_percent = %d\n", r.o.CPU)
	}
	return extra
}

// withStore opens the box's own store in the place of its daemon.
func (r *rig) withStore(ctx context.Context, do func(*store.Store) error) (err error) {
	keys, err := seal.Open(r.box.State())
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{Dir: r.box.State(), StoreID: storeID, Seal: keys})
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

// fill lives the month by the box's own store, as a daemon would.
func (r *rig) fill(ctx context.Context, s *store.Store) error {
	if err := s.Offer(ctx, nil); err != nil { // as it does once it is enrolled: nothing yet
		return err
	}
	began, next := time.Now(), time.Now()
	return r.month.live(ctx, s, func(done, of int) {
		if now := time.Now(); now.After(next) || done == of {
			next = now.Add(5 * time.Second)
			r.say("a month without head office: %d of %d records, %.0f s", done, of, now.Sub(began).Seconds())
		}
	})
}

// copyDir copies a folder of a program that does not run. It leaves holes in files be: cp knows how.
func copyDir(from, to string) error {
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("copying %s: %w: %s", from, err, out)
	}
	return nil
}

// write prints the report, for a program or a person.
func (report Report) write(out io.Writer, asJSON bool) {
	if !asJSON {
		report.print(out)
		return
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(report)
}
