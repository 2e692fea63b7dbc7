// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
)

// importOptions are the flags of `redbench import`.
type importOptions struct {
	kind    string
	format  string
	consent string
}

func newImportCommand() *cobra.Command {
	customers := newImportKindCommand(control.ImportCustomers, "Import customers", `Reads a CSV file with a header, or JSON lines. Columns, any of: customer (the chain's own id), identifier, kind, name, say,
address, language, consent, since, and fact.<kind>. A fact.date begins with its day, as in "2026-12-24 her wedding". A dash
reads standard input. Running it again with the same rows changes nothing.`)
	visits := newImportKindCommand(control.ImportVisits, "Import past visits", `Reads a CSV file with a header, or JSON lines, a line of a receipt each: customer or identifier, at, checkout, sku, name,
quantity, amount_minor, currency. A dash reads standard input. Running it again with the same rows changes nothing.`)
	both := cli.Parent("import", "Import customers or their visits from a file", customers, visits)
	both.Long = "Imports customers or their visits from a file.\n\n" + cli.ImportExits
	return both
}

func newImportKindCommand(kind, short, long string) *cobra.Command {
	o := importOptions{kind: kind}
	command := &cobra.Command{
		Use:   kind + " FILE",
		Short: short,
		Long:  long + "\n\n" + cli.ImportExits,
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return cli.WrongUsage(err)
			}
			return importFile(cmd, o, args[0])
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.format, "format", "", "csv or jsonl (default: told from the first byte)")
	cli.OneOf(command, "format", control.FormatCSV, control.FormatJSONL)
	if kind == control.ImportCustomers {
		flags.StringVar(&o.consent, "consent", "", "of customers whose row names none: none, recognise or remember (default: [privacy] import_consent)")
		cli.OneOf(command, "consent", string(edge.ConsentNone), string(edge.ConsentRecognise), string(edge.ConsentRemember))
	}
	return command
}

func (o importOptions) check() error {
	switch {
	case o.format != "" && o.format != control.FormatCSV && o.format != control.FormatJSONL:
		return fmt.Errorf("--format is csv or jsonl; it is %q", o.format)
	case o.consent != "" && !edge.Consent(o.consent).Valid():
		return fmt.Errorf("--consent is none, recognise or remember; it is %q", o.consent)
	}
	return nil
}

func importFile(cmd *cobra.Command, o importOptions, path string) error {
	file, total, err := cli.OpenInput(cmd, path)
	if err != nil {
		return err
	}
	defer file.Close()
	var result cli.Imported
	err = withBox(cmd, func(box control.Box, _ *config.Config) error {
		bar := cli.NewBar(cmd.ErrOrStderr(), total)
		began := time.Now()
		request := control.ImportRequest{Kind: o.kind, Format: o.format, Consent: edge.Consent(o.consent)}
		report, err := box.Import(cmd.Context(), request, file, bar.Show)
		bar.End()
		result = cli.Imported{Kind: o.kind, ImportReport: report, Seconds: time.Since(began).Seconds()}
		return err
	})
	if err != nil {
		return err
	}
	return cli.PrintImported(cmd, result)
}
