// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/sync/hq"
	"redbench/sync/hq/config"
)

func newExportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "export [FILE]",
		Short: "Write everything that head office knows, as JSON lines",
		Long: `Writes every customer, fact and visit as JSON lines, to FILE or to standard output. Names are in the clear: keep the
file as you would keep the record. A file that is there already is not overwritten.`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && args[0] != "-" {
				return exportTo(cmd, args[0])
			}
			return withOffice(cmd, func(o *office, _ *config.Config) error {
				_, err := o.Export(cmd.Context(), cmd.OutOrStdout())
				return err
			})
		},
	}
}

func exportTo(cmd *cobra.Command, path string) (err error) {
	file, err := cli.NewFile(path)
	if err != nil {
		return err
	}
	defer file.Drop(&err)
	var wrote hq.Exported
	err = withOffice(cmd, func(o *office, _ *config.Config) error {
		to := bufio.NewWriterSize(file, 1<<20)
		wrote, err = o.Export(cmd.Context(), to)
		return errors.Join(err, to.Flush())
	})
	if err == nil {
		err = file.Done()
	}
	if err != nil {
		return err
	}
	return cli.Printed(cmd, wrote, func(out io.Writer) {
		fmt.Fprintf(out, "Wrote %s, %s and %s to %s.\n", cli.Count(wrote.Customers, "customer", "customers"),
			cli.Count(wrote.Facts, "fact", "facts"), cli.Count(wrote.Visits, "visit", "visits"), path)
	})
}
