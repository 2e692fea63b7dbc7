// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/rig/process"
)

var errNotFlat = errors.New("it does not stay as it is")

// Command is `rig soak`.
func Command() *cobra.Command {
	var o Options
	var bin, dir string
	var asJSON, keep bool
	command := &cobra.Command{
		Use:   "soak",
		Short: "Live through 30 store days in minutes, and see whether memory, handles and disk stay as they are",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if o.Days < 3 || o.Visits < 9 || o.Length <= 0 {
				return errors.New("days are at least 3, visits at least 9")
			}
			if o.Programs, err = process.Built(bin); err != nil {
				return err
			}
			if o.Self, err = program(); err != nil {
				return err
			}
			if o.Dir, err = os.MkdirTemp(dir, "redbench-soak-"); err != nil {
				return err
			}
			if keep {
				_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "working in", o.Dir)
			} else {
				defer func() { err = errors.Join(err, os.RemoveAll(o.Dir)) }()
			}
			o.told = func(d Day) {
				_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "day %d of %d: resident %.1f MiB, database %.1f MiB, %.0f goroutines, %.0f handles\n", d.Day, o.Days,
					d.RSS/mega, d.Database/mega, d.Goroutines, d.Handles)
			}
			report, err := Run(cmd.Context(), o)
			if err != nil {
				return err
			}
			if err := show(cmd.OutOrStdout(), report, asJSON); err != nil {
				return err
			}
			if len(report.Problems) > 0 {
				return errNotFlat
			}
			return nil
		},
	}
	flags := command.Flags()
	flags.StringVar(&bin, "bin", "bin", "where redbench and redbench-hq are")
	flags.StringVar(&dir, "dir", "", "where to work, on a real disk (default: a new folder in the system's temporary one)")
	flags.IntVar(&o.Days, "days", 30, "how many days")
	flags.IntVar(&o.Visits, "visits", 1500, "visits a day")
	flags.DurationVar(&o.Length, "length", 12*time.Second, "how long a day's visits take")
	flags.Uint64Var(&o.Seed, "seed", 1, "for who comes and what happens")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	flags.BoolVar(&keep, "keep", false, "keep the working directory")
	return command
}

func show(out io.Writer, report Report, asJSON bool) error {
	if !asJSON {
		report.print(out)
		return nil
	}
	return json.NewEncoder(out).Encode(report)
}
