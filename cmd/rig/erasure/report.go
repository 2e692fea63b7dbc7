// SPDX-License-Identifier: Apache-2.0

package erasure

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"redbench/cmd/rig/needle"
	"redbench/cmd/rig/process"
)

// Place is what was found where.
type Place struct {
	Place string       `json:"place"`
	Found needle.Found `json:"found"`
}

// Report is how the story went.
type Report struct {
	Needles  int          `json:"needles"` // byte strings that are looked for
	Before   []Place      `json:"before"`
	After    []Place      `json:"after"`
	Backups  needle.Found `json:"backups_before"` // of it, in the backups of then
	Restored needle.Found `json:"restored"`       // in the old copy, before it is put into a box's place
	Forgot   float64      `json:"forgot_seconds"` // from the order until every box that is there has confirmed it
	Clean    float64      `json:"clean_seconds"`  // until nothing of her is found
	Chapters []string     `json:"chapters"`
	Seconds  float64      `json:"seconds"`
}

// Print shows it to a person.
func (r Report) Print(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "found, before / after")
	for _, kind := range needle.Kinds() {
		fmt.Fprintf(table, "\t%s", kind)
	}
	fmt.Fprintln(table)
	for i, before := range r.Before {
		fmt.Fprint(table, before.Place)
		for _, kind := range needle.Kinds() {
			after := 0
			if i < len(r.After) {
				after = r.After[i].Found[kind]
			}
			fmt.Fprintf(table, "\t%d / %d", before.Found[kind], after)
		}
		fmt.Fprintln(table)
	}
	_ = table.Flush()
	fmt.Fprintf(out, "%d byte strings looked for; confirmed by every box that was there after %.1f s, nothing found after %.1f s\n", r.Needles, r.Forgot, r.Clean)
	fmt.Fprintf(out, "in backups before: %v\n", r.Backups)
	fmt.Fprintf(out, "held: %s (%.0f s)\n", strings.Join(r.Chapters, "; "), r.Seconds)
}

// Command is `rig erasure`.
func Command() *cobra.Command {
	var bin string
	var asJSON bool
	command := &cobra.Command{
		Use:   "erasure",
		Short: "Search every byte of three stores and head office for a customer, before and after she is forgotten",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			programs, err := process.Built(bin)
			if err != nil {
				return err
			}
			dir, err := os.MkdirTemp("", "redbench-erasure-")
			if err != nil {
				return err
			}
			report, err := Run(cmd.Context(), Options{Programs: programs, Dir: dir})
			if err != nil {
				return fmt.Errorf("%w\n%s is kept", err, dir)
			}
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(report)
			} else {
				report.Print(cmd.OutOrStdout())
			}
			if err != nil {
				return err
			}
			return os.RemoveAll(dir)
		},
	}
	command.Flags().StringVar(&bin, "bin", "bin", "where redbench and redbench-hq are")
	command.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return command
}
