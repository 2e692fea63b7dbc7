// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

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
address, language, consent, since, and fact.<kind>. A dash reads standard input. Running it again with the same rows
changes nothing.`)
	visits := newImportKindCommand(control.ImportVisits, "Import past visits", `Reads a CSV file with a header, or JSON lines, a line of a receipt each: customer or identifier, at, checkout, sku, name,
quantity, amount_minor, currency. A dash reads standard input. Running it again with the same rows changes nothing.`)
	both := parent("import", "Import customers or their visits from a file", customers, visits)
	both.Long = "Imports customers or their visits from a file.\n\n" + importExits
	return both
}

const importExits = "Exit code 0 also when some rows were bad (each is told with its line); 1 when no row could be used."

func newImportKindCommand(kind, short, long string) *cobra.Command {
	o := importOptions{kind: kind}
	command := &cobra.Command{
		Use:   kind + " FILE",
		Short: short,
		Long:  long + "\n\n" + importExits,
		Args:  asUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return wrongUsage(err)
			}
			return importFile(cmd, o, args[0])
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.format, "format", "", "csv or jsonl (default: told from the first byte)")
	if kind == control.ImportCustomers {
		flags.StringVar(&o.consent, "consent", "", "of customers whose row names none: none, recognise or remember (default: [privacy] import_consent)")
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

// imported is what `import --json` prints.
type imported struct {
	Kind string `json:"kind"`
	edge.ImportReport
	Seconds float64 `json:"seconds"`
}

func importFile(cmd *cobra.Command, o importOptions, path string) error {
	file, total, err := openInput(cmd, path)
	if err != nil {
		return err
	}
	defer file.Close()
	var result imported
	err = withBox(cmd, func(box control.Box, _ *config.Config) error {
		bar := newBar(cmd.ErrOrStderr(), total)
		began := time.Now()
		request := control.ImportRequest{Kind: o.kind, Format: o.format, Consent: edge.Consent(o.consent)}
		report, err := box.Import(cmd.Context(), request, file, bar.show)
		bar.end()
		result = imported{Kind: o.kind, ImportReport: report, Seconds: time.Since(began).Seconds()}
		return err
	})
	if err != nil {
		return err
	}
	if err := printed(cmd, result, func(out io.Writer) { printImport(out, cmd.ErrOrStderr(), result) }); err != nil {
		return err
	}
	if result.Bad > 0 && result.Bad == result.Rows {
		return errors.New("no row of the file could be used")
	}
	return nil
}

// openInput opens the file before the box is: a verb that takes the daemon's place may not be allowed to afterwards.
func openInput(cmd *cobra.Command, path string) (io.ReadCloser, int64, error) {
	if path == "-" {
		return io.NopCloser(cmd.InOrStdin()), -1, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("opening the file: %w", err)
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory", path)
	}
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("opening the file: %w", err), file.Close())
	}
	if !info.Mode().IsRegular() {
		return file, -1, nil
	}
	return file, info.Size(), nil
}

// bar shows an import's progress on a terminal, and nothing elsewhere.
type bar struct{ bar *progressbar.ProgressBar }

func newBar(out io.Writer, total int64) bar {
	if !isTerminal(out) {
		return bar{}
	}
	return bar{progressbar.NewOptions64(total, progressbar.OptionSetWriter(out), progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())}
}

func (b bar) show(p edge.ImportProgress) {
	if b.bar == nil {
		return
	}
	b.bar.Describe(grouped(p.Rows) + " rows")
	_ = b.bar.Set64(p.Bytes) // a bar that cannot be drawn stops nothing
}

func (b bar) end() {
	if b.bar != nil {
		_ = b.bar.Clear()
	}
}

// shownProblems is how many bad rows a person gets to read; --json gives more.
const shownProblems = 20

func printImport(out, messages io.Writer, r imported) {
	bad, leftOut := r.Problems, []edge.BadRow(nil)
	if r.FactsLeftOut > 0 && len(bad) > 0 { // the last problem tells of them; it is no bad row, and is always shown
		bad, leftOut = bad[:len(bad)-1], bad[len(bad)-1:]
	}
	printProblems(messages, bad[:min(len(bad), shownProblems)])
	if r.Bad > shownProblems {
		fmt.Fprintf(messages, "… and %s more; --json lists up to %d\n", grouped(r.Bad-shownProblems), edge.MaxProblems)
	}
	printProblems(messages, leftOut)
	fmt.Fprintf(out, "Read %s of %s in %.1f s: %s new, %s changed, %s known already, %s left out.\n",
		count(r.Rows, "row", "rows"), r.Kind, r.Seconds, grouped(r.New), grouped(r.Changed), grouped(r.Unchanged), grouped(r.Bad))
}

func printProblems(messages io.Writer, problems []edge.BadRow) {
	for _, problem := range problems {
		fmt.Fprintf(messages, "line %d: %s\n", problem.Line, visible(problem.Reason))
	}
}
