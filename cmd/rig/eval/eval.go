// SPDX-License-Identifier: Apache-2.0

// Package eval measures with real purchase histories how well the product knows its customers: what it would have said
// of a visit, by the code that ships, beside classical methods computed in the same run. The histories are for
// measuring only; nothing of them is in the product.
package eval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// options are the command's flags.
type options struct {
	data string
	only []string
	json bool
	fit  string
}

// part is one part of the evaluation: the measures that one set of data gives.
type part struct {
	set  string // folder of the data, and what --only names
	what string // said on standard error while it runs
	run  func(ctx context.Context, s *set) ([]measure, error)
}

// parts are all of them, in the order of the table.
func parts() []part { return slices.Concat(habitParts(), tapParts(), rhythmParts()) }

// Command is `rig eval`.
func Command() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:   "eval",
		Short: "Measure with purchase histories how good the guesses are, beside classical methods in the same run",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.fit != "" {
				return fitWeights(cmd.Context(), o.data, o.fit)
			}
			return run(cmd.Context(), o, parts(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.data, "data", "", "folder that holds the sets, each in a folder of its own")
	flags.StringSliceVar(&o.only, "only", nil, "measure these sets only")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.StringVar(&o.fit, "fit", "", "measure nothing; write the weights that a new store starts with to this file")
	return command
}

func run(ctx context.Context, o options, all []part, out, progress io.Writer) error {
	wanted, err := chosen(o, all)
	if err != nil {
		return err
	}
	var measures []measure
	var loaded *set
	for _, p := range wanted {
		fmt.Fprintf(progress, "%s: %s\n", p.set, p.what)
		if loaded == nil || loaded.name != p.set { // parts of one set may share it
			if loaded, err = load(o.data, p.set); err != nil {
				return err
			}
		}
		got, err := p.run(ctx, loaded)
		if err != nil {
			return fmt.Errorf("measuring %s: %w", p.set, err)
		}
		for i := range got {
			got[i].Set = p.set
		}
		measures = append(measures, got...)
	}
	if err := write(out, measures, o.json); err != nil {
		return err
	}
	if missed := slices.DeleteFunc(measures, func(m measure) bool { return m.Aim == "" || m.Pass }); len(missed) > 0 {
		return fmt.Errorf("%d of the aims are not reached", len(missed))
	}
	return nil
}

// chosen are the parts that --only names, or all; it refuses when their data is not here.
func chosen(o options, all []part) ([]part, error) {
	if o.data == "" {
		return nil, errors.New("which purchase histories? Give the folder that holds them: make eval DATA=DIR, or --data DIR (docs/measurements.md says where each set comes from)")
	}
	known := func(name string) bool { return slices.ContainsFunc(all, func(p part) bool { return p.set == name }) }
	for _, name := range o.only {
		if !known(name) {
			return nil, fmt.Errorf("no such set: %q", name)
		}
	}
	wanted := slices.Clone(all)
	if len(o.only) > 0 {
		wanted = slices.DeleteFunc(wanted, func(p part) bool { return !slices.Contains(o.only, p.set) })
	}
	var missing []string
	for _, p := range wanted {
		name := filepath.Join(o.data, p.set, files[p.set].name)
		if _, err := os.Stat(name); err != nil && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("missing: %s. docs/measurements.md says where each set comes from and what its columns are", strings.Join(missing, ", "))
	}
	return wanted, nil
}
