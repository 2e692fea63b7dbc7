// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
)

func newPlaybookTryCommand() *cobra.Command {
	var at, language string
	command := &cobra.Command{
		Use:   "try [IDENTIFIER]",
		Short: "Show what a customer's card would say, and why; without an identifier, a stranger's",
		Long: `Chooses a prompt as a tap would, from what the box knows now, and prints each rule that was considered with why it won
or lost. Nothing reaches a screen or the record. A dash reads the identifier from standard input.`,
		Example: "  redbench playbook try 6001002003004\n  redbench playbook try --at 2026-12-24T08:30",
		Args:    cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			var id edge.Identifier
			if len(args) == 1 {
				var err error
				if id, err = cli.Identifier(cmd, args[0]); err != nil {
					return err
				}
			}
			return withBox(cmd, func(box control.Box, cfg *config.Config) error {
				when, err := parseMoment(at, cfg.Zone())
				if err != nil {
					return cli.WrongUsage(err)
				}
				trial, err := box.Try(cmd.Context(), control.TryRequest{Identifier: id, At: when, Language: language})
				if err != nil {
					return unknown(err)
				}
				return cli.Printed(cmd, trial, func(out io.Writer) { printTry(out, trial) })
			})
		},
	}
	cli.AddKind(command)
	command.Flags().StringVar(&at, "at", "", "as if it were then, as in 2026-12-24T08:30 (default: now)")
	command.Flags().StringVar(&language, "language", "", "the screen's language (default: [store] locale)")
	return command
}

// parseMoment reads a time with a zone, or one in the store's.
func parseMoment(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Now(), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("--at is a time, as in 2026-12-24T08:30; it is %q", text)
}

func printTry(out io.Writer, t control.Trial) {
	who := t.Who
	cli.Fields(out,
		"greeting", who.Greeting,
		"name", who.Name,
		"say", who.Say,
		"stage", string(who.Stage),
		"since", who.Since,
		"remember", lineText(t.Remember),
		"do", lineText(t.Do),
		"ask", lineText(t.Ask),
		"avoid", lineText(t.Avoid),
		"farewell", t.Farewell,
	)
	fmt.Fprintln(out)
	rows := make([][]string, len(t.Considered))
	for i, c := range t.Considered {
		mark := ""
		if c.Chosen {
			mark = "→"
		}
		rows[i] = []string{mark, c.Line, c.Rule, fmt.Sprint(c.Priority), c.Reason, c.Text}
	}
	cli.Table(out, "|LINE|RULE|PRIORITY|WHY|TEXT", rows)
}

func lineText(line *edge.Line) string {
	if line == nil {
		return ""
	}
	return line.Text
}
