// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/edge"
	"redbench/edge/exchange"
	"redbench/edge/guard"
	"redbench/sync/hq/config"
)

// The kinds of import.
const (
	kindCustomers = "customers"
	kindVisits    = "visits"
)

// importOptions are the flags of `redbench-hq import`.
type importOptions struct {
	kind    string
	format  string
	consent string
}

func newImportCommand() *cobra.Command {
	customers := newImportKindCommand(kindCustomers, "Import customers", `Reads a CSV file with a header, or JSON lines. Columns, any of: customer (the chain's own id), identifier, kind, name, say,
address, language, consent, since, and fact.<kind>. A fact.date begins with its day, as in "2026-12-24 her
wedding". A dash reads standard input. Running it again with the same rows changes nothing. Each store is told of a customer when she comes, or when it told of her itself.`)
	visits := newImportKindCommand(kindVisits, "Import past visits", `Reads a CSV file with a header, or JSON lines, a line of a receipt each: customer or identifier, at, checkout, sku, name,
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
	if kind == kindCustomers {
		flags.StringVar(&o.consent, "consent", "", "of customers whose row names none: none, recognise or remember (default: [privacy] import_consent)")
	}
	return command
}

func (o importOptions) check() error {
	switch {
	case o.format != "" && o.format != string(exchange.CSV) && o.format != string(exchange.JSONL):
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
	err = withOffice(cmd, func(office *office, cfg *config.Config) error {
		bar := cli.NewBar(cmd.ErrOrStderr(), total)
		began := time.Now()
		report, err := o.read(cmd, office, cfg, file, bar.Show)
		bar.End()
		result = cli.Imported{Kind: o.kind, ImportReport: report, Seconds: time.Since(began).Seconds()}
		return err
	})
	if err != nil {
		return err
	}
	return cli.PrintImported(cmd, result)
}

func (o importOptions) read(cmd *cobra.Command, to *office, cfg *config.Config, file io.Reader, show func(edge.ImportProgress)) (edge.ImportReport, error) {
	reading := exchange.Options{
		Guard: guard.New(cfg.Privacy.LoyaltyPrefixes), Format: exchange.Format(o.format), Zone: time.Local, MaxLine: cfg.Limits.ImportRowBytes,
	}
	options := edge.ImportOptions{Consent: edge.Consent(o.consent), Progress: show}
	if options.Consent == "" {
		options.Consent = cfg.Privacy.ImportConsent
	}
	if o.kind == kindVisits {
		return to.ImportVisits(cmd.Context(), exchange.Visits(file, reading), options)
	}
	return to.ImportCustomers(cmd.Context(), exchange.Customers(file, reading), options)
}
