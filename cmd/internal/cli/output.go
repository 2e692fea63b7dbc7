// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"
)

// Printed prints a result: as JSON when that is wanted, else as human writes it.
func Printed(cmd *cobra.Command, result any, human func(io.Writer)) error {
	if !WantsJSON(cmd) {
		human(cmd.OutOrStdout())
		return nil
	}
	told(cmd)
	encoder := json.NewEncoder(cmd.OutOrStdout())
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(result)
}

// Table aligns rows under a heading.
func Table(out io.Writer, heading string, rows [][]string) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.ReplaceAll(heading, "|", "\t"))
	for _, row := range rows {
		for i := range row {
			row[i] = Visible(row[i])
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // standard output is gone; there is nobody to tell
}

// Fields aligns names and their values, given in turn, leaving out what is empty.
func Fields(out io.Writer, pairs ...string) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if value := pairs[i+1]; value != "" {
			fmt.Fprintf(w, "  %s\t%s\n", pairs[i], Visible(value))
		}
	}
	_ = w.Flush() // as in Table
}

// Visible keeps what others wrote (topics, names, details) from steering the terminal.
func Visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '\u2066' && r <= '\u2069' {
			return -1 // isolates, which our own lines put around a name: a terminal turns its lines by itself
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '�'
		}
		return r
	}, text)
}

// Short cuts a text to a width in letters.
func Short(text string, width int) string {
	letters := []rune(text)
	if len(letters) <= width {
		return text
	}
	return string(letters[:width-1]) + "…"
}

// Moment writes a time in a zone; a zero one is a dash.
func Moment(at time.Time, zone *time.Location) string {
	if at.IsZero() {
		return "–"
	}
	return at.In(zone).Format("2006-01-02 15:04:05")
}

// Day writes a day in a zone; nothing for a zero one.
func Day(at time.Time, zone *time.Location) string {
	if at.IsZero() {
		return ""
	}
	return at.In(zone).Format("2006-01-02")
}

// Count writes a number with its noun.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Grouped(n) + " " + many
}

// Grouped writes 1234567 as 1,234,567.
func Grouped(n int) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Size writes bytes as a person reads them.
func Size(bytes int64) string {
	switch {
	case bytes < 1<<10:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(bytes)/(1<<10))
	case bytes < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}
