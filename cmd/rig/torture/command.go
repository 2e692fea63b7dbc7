// SPDX-License-Identifier: Apache-2.0

package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"
)

// options are how long to go on, and from where.
type options struct {
	seed      uint64
	schedules int
	for_      time.Duration
	verbose   bool
	plant     string
	without   []string
	watch     bool
	keepOn    bool
}

// Command is `rig torture`.
func Command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "torture",
		Short: "Look for lost, doubled or resurrected records under power cuts, a spoilt line, restored and cloned disks",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("seed") && !cmd.Flags().Changed("schedules") && !cmd.Flags().Changed("for") {
				o.schedules = 1
			}
			if !cmd.Flags().Changed("seed") {
				o.seed = rand.Uint64N(1 << 40)
			}
			return torture(cmd.Context(), o, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&o.seed, "seed", 0, "the first schedule's seed (default: any); alone, the only one")
	f.IntVar(&o.schedules, "schedules", 500, "how many schedules")
	f.DurationVar(&o.for_, "for", 0, "go on for so long instead")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "tell each step")
	f.StringSliceVar(&o.without, "without", nil, "kinds of step to leave out, to find out what a failure needs")
	f.BoolVar(&o.watch, "watch", false, "with -v: tell also who knows whom, by looking cards up, which may change what happens")
	f.BoolVar(&o.keepOn, "keep-on", false, "go on after a failure")
	f.StringVar(&o.plant, "plant", "", "plant a mistake, to see that it is found")
	return cmd
}

var errWrong = errors.New("a schedule went wrong")

// torture runs schedules one after the other until one fails.
func torture(ctx context.Context, o options, out io.Writer) error {
	began, told := time.Now(), time.Now()
	wrong := 0
	for n := 0; ; n++ {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case o.for_ > 0 && time.Since(began) >= o.for_, o.for_ == 0 && n >= o.schedules:
			if wrong > 0 {
				_, _ = fmt.Fprintf(out, "%d of %d schedules went wrong\n", wrong, n)
				return errWrong
			}
			_, _ = fmt.Fprintf(out, "%d schedules in %v, nothing lost, doubled or brought back\n", n, time.Since(began).Round(time.Second))
			return nil
		}
		seed := o.seed + uint64(n)
		var steps io.Writer
		if o.verbose {
			steps = out
			_, _ = fmt.Fprintf(out, "schedule of seed %d\n", seed)
		}
		if err := runSchedule(ctx, seed, bug(o.plant), o.without, o.watch, steps); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			_, _ = fmt.Fprintf(out, "seed %d: %v\nto see it again: bin/rig torture --seed %d -v%s\n", seed, err, seed, plantFlag(o.plant))
			if wrong++; !o.keepOn {
				return errWrong
			}
		}
		if time.Since(told) > 5*time.Second {
			told = time.Now()
			_, _ = fmt.Fprintf(out, "%d schedules in %v\n", n+1, time.Since(began).Round(time.Second))
		}
	}
}

func plantFlag(plant string) string {
	if plant == "" {
		return ""
	}
	return " --plant " + plant
}
