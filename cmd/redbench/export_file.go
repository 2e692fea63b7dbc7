// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
)

// exportedFile is what `export customers FILE --json` prints.
type exportedFile struct {
	Kind   string `json:"kind"`
	File   string `json:"file,omitempty"`
	Format string `json:"format"`
	edge.ExportReport
	Seconds float64 `json:"seconds"`
}

func newExportKindCommand(kind, short, long string) *cobra.Command {
	var format string
	command := &cobra.Command{
		Use:   kind + " FILE",
		Short: short,
		Long: long + `

The file is new and its owner's alone: one that is there already is not overwritten. It is CSV or JSON lines, by its name (.csv, .jsonl) or
--format; a dash writes to standard output, JSON lines where --format says nothing. It holds people: keep it as you keep the record, and
delete it.`,
		Example: "  redbench export " + kind + " " + kind + ".csv\n  redbench export " + kind + " - | gzip > " + kind + ".jsonl.gz",
		Args:    cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := exportFormat(format, args[0])
			if err == nil && args[0] == "-" && cli.WantsJSON(cmd) {
				err = errors.New("standard output is the file itself with -; name a file for --json")
			}
			if err != nil {
				return cli.WrongUsage(err)
			}
			return exportFile(cmd, control.ExportRequest{Kind: kind, Format: format}, args[0])
		},
	}
	command.Flags().StringVar(&format, "format", "", "csv or jsonl (default: by the file's name)")
	cli.OneOf(command, "format", control.FormatCSV, control.FormatJSONL)
	return command
}

func exportFormat(format, path string) (string, error) {
	switch {
	case format == control.FormatCSV, format == control.FormatJSONL:
		return format, nil
	case format != "":
		return "", fmt.Errorf("--format is csv or jsonl; it is %q", format)
	case path == "-":
		return control.FormatJSONL, nil
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		return control.FormatCSV, nil
	case ".jsonl", ".ndjson", ".json":
		return control.FormatJSONL, nil
	}
	return "", errors.New("the file's name does not end in .csv or .jsonl; give --format csv or --format jsonl")
}

func exportFile(cmd *cobra.Command, req control.ExportRequest, path string) (err error) {
	to := cmd.OutOrStdout()
	if path != "-" {
		file, fail := cli.NewFile(path)
		if fail != nil {
			return fail
		}
		defer file.Drop(&err)
		to = file
	}
	result := exportedFile{Kind: req.Kind, Format: req.Format}
	err = withBox(cmd, func(box control.Box, _ *config.Config) error {
		bar, end := exportBar(cmd.ErrOrStderr())
		defer end()
		began := time.Now()
		result.ExportReport, err = box.Export(cmd.Context(), req, to, bar)
		result.Seconds = time.Since(began).Seconds()
		return err
	})
	if err != nil {
		return err
	}
	if path == "-" {
		printExported(cmd.ErrOrStderr(), result)
		return nil
	}
	if err = to.(*cli.FreshFile).Done(); err != nil {
		return err
	}
	result.File = path
	return cli.Printed(cmd, result, func(out io.Writer) { printExported(out, result) })
}

func printExported(out io.Writer, r exportedFile) {
	what := cli.Count(r.Customers, "customer", "customers")
	if r.Kind == control.ImportVisits {
		what = cli.Count(r.Visits, "visit", "visits") + " of " + what
	}
	if r.File != "" {
		fmt.Fprintf(out, "Wrote %s in %s to %s, in %.1f s.\n", what, cli.Count(r.Rows, "row", "rows"), r.File, r.Seconds)
	} else {
		fmt.Fprintf(out, "Wrote %s in %s, in %.1f s.\n", what, cli.Count(r.Rows, "row", "rows"), r.Seconds)
	}
	if r.Nameless > 0 {
		fmt.Fprintf(out, "%s without an id of the chain's own: their rows cannot be read back, since the box holds no more of a card than a keyed hash.\n",
			cli.Count(r.Nameless, "customer is", "customers are"))
	}
	if r.LeftOut > 0 {
		fmt.Fprintf(out, "%s left out, which are private, closed, or hold for a time only; redbench export customer writes them.\n",
			cli.Count(r.LeftOut, "fact is", "facts are"))
	}
	if r.Empty > 0 {
		fmt.Fprintf(out, "%s no article, and so no row.\n", cli.Count(r.Empty, "visit has", "visits have"))
	}
	fmt.Fprintln(out, "The file holds people: keep it as you keep the record, and delete it when it has served.")
}

// exportBar shows on a terminal how far an export is, and nothing elsewhere.
func exportBar(out io.Writer) (show func(edge.ExportProgress), end func()) {
	if !cli.IsTerminal(out) {
		return func(edge.ExportProgress) {}, func() {}
	}
	bar := progressbar.NewOptions64(1, progressbar.OptionSetWriter(out), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth(), progressbar.OptionSetDescription("customers"))
	return func(p edge.ExportProgress) {
		bar.ChangeMax(max(p.Of, 1))
		_ = bar.Set(min(p.Done, max(p.Of, 1)-1)) // a full bar ends itself
	}, func() { _ = bar.Clear() }
}
