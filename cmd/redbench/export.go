// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
)

func newExportCommand() *cobra.Command {
	return cli.Parent("export", "Write what the box holds of people to a file", newExportCustomerCommand(),
		newExportKindCommand(control.ImportCustomers, "Write all customers to a file that import takes back", `Writes all customers with what "redbench import customers" takes, which takes them back and changes nothing. Cards and other
identifiers are not in it: the box holds no more of them than keyed hashes, so a customer is named by the chain's own id, and who
has none cannot be read back. Consent is in it where it was stated, not where it was assumed at an import. Private facts, closed
ones and those that hold for a time only are not in it.`),
		newExportKindCommand(control.ImportVisits, "Write all visits to a file that import takes back", `Writes each line of all visits that are kept, with what "redbench import visits" takes, which takes them back and changes
nothing. A customer is named by the chain's own id; strangers' visits are not in it.`))
}

func newExportCustomerCommand() *cobra.Command {
	var to string
	command := &cobra.Command{
		Use:   "customer IDENTIFIER",
		Short: "Write everything that the box holds of one customer",
		Long: `Writes everything that the box holds of one customer as one JSON object: who she is, her consent and since when, all facts
(private and closed ones too), all visits, what was learnt from them, what screens said and what came of it, and who was
merged into her. It is what she gets who asks (GDPR, article 15).

It goes to standard output, or to a file that only its owner may read; one that is there already is not overwritten. A
dash instead of the identifier reads it from standard input.`,
		Example: "  redbench export customer 6001002003004 --to maya.json\n  redbench export customer --kind customer C-1042",
		Args:    cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			id, err := cli.Identifier(cmd, args[0])
			if err != nil {
				return err
			}
			var file *cli.FreshFile
			if to != "" {
				if file, err = cli.NewFile(to); err != nil {
					return err
				}
				defer file.Drop(&err)
			}
			var d edge.Dossier
			err = withBox(cmd, func(box control.Box, cfg *config.Config) error {
				d, err = box.Dossier(cmd.Context(), id)
				inZone(&d, cfg.Zone())
				return unknown(err)
			})
			if err != nil {
				return err
			}
			if to == "" {
				return writeDossier(cmd.OutOrStdout(), d)
			}
			err = exportDossier(cmd, d, file)
			return err
		},
	}
	cli.AddKind(command)
	command.Flags().StringVar(&to, "to", "", "write to this new file (default: standard output)")
	return command
}

// inZone writes each moment by the store's clock: a day that she was told of there would else be the day before.
func inZone(d *edge.Dossier, zone *time.Location) {
	at := func(all ...*time.Time) {
		for _, each := range all {
			if !each.IsZero() {
				*each = each.In(zone)
			}
		}
	}
	at(&d.Made, &d.ConsentAt, &d.Since)
	for i := range d.Facts {
		f := &d.Facts[i]
		at(&f.At, &f.Until, &f.Shown, &f.Closed)
	}
	for i := range d.Visits {
		at(&d.Visits[i].At)
	}
	for i := range d.Prompts {
		at(&d.Prompts[i].At)
		for j := range d.Prompts[i].Outcomes {
			at(&d.Prompts[i].Outcomes[j].At)
		}
	}
	for i := range d.Merges {
		at(&d.Merges[i].At)
	}
	if l := d.Learnt; l != nil {
		at(&l.First, &l.Last)
		for i := range l.Habits {
			at(&l.Habits[i].Last)
		}
		for i := range l.Said {
			at(&l.Said[i].At)
		}
	}
}

func writeDossier(out io.Writer, d edge.Dossier) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(d)
}

// exported is what `export customer --to FILE --json` prints.
type exported struct {
	File    string `json:"file"`
	Facts   int    `json:"facts"`
	Visits  int    `json:"visits"`
	Prompts int    `json:"prompts"`
}

func exportDossier(cmd *cobra.Command, d edge.Dossier, file *cli.FreshFile) error {
	if err := errors.Join(writeDossier(file, d), file.Done()); err != nil {
		return err
	}
	result := exported{File: file.Name(), Facts: len(d.Facts), Visits: len(d.Visits), Prompts: len(d.Prompts)}
	return cli.Printed(cmd, result, func(out io.Writer) {
		fmt.Fprintf(out, "Wrote %s, %s and %s to %s. It holds a person: send it to her, and delete it.\n", cli.Count(result.Facts, "fact", "facts"),
			cli.Count(result.Visits, "visit", "visits"), cli.Count(result.Prompts, "prompt", "prompts"), file.Name())
	})
}
