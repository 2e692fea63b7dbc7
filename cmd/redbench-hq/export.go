// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

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
			return withOffice(cmd, func(o *office, _ *config.Config) error {
				if len(args) == 0 || args[0] == "-" {
					_, err := o.Export(cmd.Context(), cmd.OutOrStdout())
					return err
				}
				return exportTo(cmd, o, args[0])
			})
		},
	}
}

func exportTo(cmd *cobra.Command, o *office, path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already; name another file", path)
	}
	if err != nil {
		return fmt.Errorf("making the file: %w", err)
	}
	wrote, err := export(cmd, o, file)
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return cli.Printed(cmd, wrote, func(out io.Writer) {
		fmt.Fprintf(out, "Wrote %s, %s and %s to %s.\n", cli.Count(wrote.Customers, "customer", "customers"),
			cli.Count(wrote.Facts, "fact", "facts"), cli.Count(wrote.Visits, "visit", "visits"), path)
	})
}

func export(cmd *cobra.Command, o *office, file *os.File) (hq.Exported, error) {
	to := bufio.NewWriterSize(file, 1<<20)
	wrote, err := o.Export(cmd.Context(), to)
	return wrote, errors.Join(err, to.Flush(), file.Sync(), file.Close())
}
