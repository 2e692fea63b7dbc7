// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"redbench/edge"
)

// ImportExits is what the help of an import says of its exit codes.
const ImportExits = "Exit code 0 also when some rows were bad (each is told with its line); 1 when no row could be used."

// Imported is what an import prints with --json.
type Imported struct {
	Kind string `json:"kind"`
	edge.ImportReport
	Seconds float64 `json:"seconds"`
}

// OpenInput opens the file of an import, or standard input for a dash, and gives its size; -1 where nobody knows it.
func OpenInput(cmd *cobra.Command, path string) (io.ReadCloser, int64, error) {
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

// Bar shows an import's progress on a terminal, and nothing elsewhere.
type Bar struct{ bar *progressbar.ProgressBar }

// NewBar makes a bar for total bytes; -1: nobody knows how many.
func NewBar(out io.Writer, total int64) Bar {
	if !IsTerminal(out) {
		return Bar{}
	}
	return Bar{progressbar.NewOptions64(total, progressbar.OptionSetWriter(out), progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())}
}

// Show moves the bar.
func (b Bar) Show(p edge.ImportProgress) {
	if b.bar == nil {
		return
	}
	b.bar.Describe(Grouped(p.Rows) + " rows")
	_ = b.bar.Set64(p.Bytes) // a bar that cannot be drawn stops nothing
}

// End takes the bar away.
func (b Bar) End() {
	if b.bar != nil {
		_ = b.bar.Clear()
	}
}

const (
	// shownProblems is how many reasons a person gets to read; --json gives each row.
	shownProblems = 20
	// shownRows is how many rows of one reason are named.
	shownRows = 3
)

// PrintImported prints what became of an import. It fails when no row of the file could be used.
func PrintImported(cmd *cobra.Command, r Imported) error {
	if err := Printed(cmd, r, func(out io.Writer) { printImport(out, cmd.ErrOrStderr(), r) }); err != nil {
		return err
	}
	if r.Bad > 0 && r.Bad == r.Rows {
		return errors.New("no row of the file could be used")
	}
	return nil
}

func printImport(out, messages io.Writer, r Imported) {
	bad, leftOut := r.Problems, []edge.BadRow(nil)
	if r.FactsLeftOut > 0 && len(bad) > 0 { // the last problem tells of them; it is no bad row, and is always shown
		bad, leftOut = bad[:len(bad)-1], bad[len(bad)-1:]
	}
	named := printProblems(messages, bad)
	if r.Bad > named {
		fmt.Fprintf(messages, "… and %s more; --json lists up to %s\n", Count(r.Bad-named, "bad row", "bad rows"), Grouped(edge.MaxProblems))
	}
	printProblems(messages, leftOut)
	fmt.Fprintf(out, "Read %s of %s in %.1f s: %s new, %s changed, %s known already, %s left out.\n",
		Count(r.Rows, "row", "rows"), r.Kind, r.Seconds, Grouped(r.New), Grouped(r.Changed), Grouped(r.Unchanged), Grouped(r.Bad))
}

// printProblems tells each reason once, with the first rows that it is true of and how many more there are, and gives the number of rows
// that were told of.
func printProblems(messages io.Writer, problems []edge.BadRow) (rows int) {
	var reasons []string
	lines := map[string][]int{}
	for _, p := range problems {
		if lines[p.Reason] == nil {
			reasons = append(reasons, p.Reason)
		}
		lines[p.Reason] = append(lines[p.Reason], p.Line)
	}
	for _, reason := range reasons[:min(len(reasons), shownProblems)] {
		all := lines[reason]
		for _, line := range all[:min(len(all), shownRows)] {
			fmt.Fprintf(messages, "line %d: %s\n", line, Visible(reason))
		}
		if more := len(all) - shownRows; more > 0 {
			fmt.Fprintf(messages, "… and %s of which the same is true\n", Count(more, "row", "rows"))
		}
		rows += len(all)
	}
	return rows
}
