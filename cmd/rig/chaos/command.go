// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/rig/process"
)

// flags are the command's.
type flags struct {
	bin, dir string
	seed     uint64
	runs     int
	length   time.Duration
	boxes    int
	json     bool
}

// Command is `rig chaos`.
func Command() *cobra.Command {
	var f flags
	command := &cobra.Command{
		Use:   "chaos",
		Short: "Kill real boxes and a real head office at random on a bad line, and count what arrives",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), f, cmd.OutOrStdout()) },
	}
	set := command.Flags()
	set.StringVar(&f.bin, "bin", "bin", "where redbench and redbench-hq are")
	set.StringVar(&f.dir, "dir", "", "where to work (default: a new folder in the system's temporary one)")
	set.Uint64Var(&f.seed, "seed", 0, "of the first schedule; 0: one of its own")
	set.IntVar(&f.runs, "runs", 4, "schedules, one after the other")
	set.DurationVar(&f.length, "for", 30*time.Second, "how long blows fall in each")
	set.IntVar(&f.boxes, "boxes", 2, "boxes")
	set.BoolVar(&f.json, "json", false, "print JSON, a line a schedule")
	return command
}

func run(ctx context.Context, f flags, out io.Writer) error {
	programs, err := process.Built(f.bin)
	if err != nil {
		return err
	}
	if f.runs < 1 || f.boxes < 1 || f.length <= 0 {
		return errors.New("runs and boxes are at least 1, and blows fall for some time")
	}
	if f.seed == 0 {
		f.seed = uint64(time.Now().UnixMilli())
	}
	dir, err := os.MkdirTemp(f.dir, "redbench-chaos-")
	if err != nil {
		return err
	}
	for i := range f.runs {
		o := Options{Programs: programs, Dir: filepath.Join(dir, fmt.Sprint(i)), Seed: f.seed + uint64(i), For: f.length, Boxes: f.boxes}
		report, err := one(ctx, o)
		if err != nil {
			return fmt.Errorf("%w\n%s is kept", err, dir)
		}
		if f.json {
			_ = json.NewEncoder(out).Encode(report)
		} else {
			fmt.Fprintln(out, report)
		}
		if len(report.Problems) > 0 {
			return fmt.Errorf("seed %d went wrong; %s is kept", report.Seed, dir)
		}
	}
	return os.RemoveAll(dir)
}

func one(ctx context.Context, o Options) (Report, error) {
	if err := os.Mkdir(o.Dir, 0o700); err != nil {
		return Report{}, err
	}
	return Run(ctx, o)
}
