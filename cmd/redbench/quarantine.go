// SPDX-License-Identifier: Apache-2.0

package main

import (
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

func newQuarantineCommand() *cobra.Command {
	return cli.Parent("quarantine", "See which events were refused, and why", newQuarantineListCommand(), newQuarantineShowCommand())
}

func newQuarantineListCommand() *cobra.Command {
	var limit int
	command := &cobra.Command{
		Use:   "list",
		Short: "List the refused events, newest first",
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return cli.WrongUsage(errors.New("--limit is at least 1"))
			}
			return withBox(cmd, func(box control.Box, cfg *config.Config) error {
				refused, err := box.Quarantine(cmd.Context(), limit)
				if err != nil {
					return err
				}
				return cli.Printed(cmd, refused, func(out io.Writer) { printQuarantine(out, refused, cfg.Zone()) })
			})
		},
	}
	command.Flags().IntVar(&limit, "limit", 50, "how many at most")
	return command
}

// detailWidth is how much of a detail stands in the list; show tells all of it.
const detailWidth = 56

func printQuarantine(out io.Writer, refused []control.Quarantined, zone *time.Location) {
	if len(refused) == 0 {
		fmt.Fprintln(out, "No event was refused.")
		return
	}
	rows := make([][]string, len(refused))
	for i, q := range refused {
		rows[i] = []string{cli.Moment(q.At, zone), q.Reason, cli.Short(q.Detail, detailWidth), q.Topic, cli.Size(int64(q.Size)), q.ID}
	}
	cli.Table(out, "WHEN|REASON|DETAIL|TOPIC|SIZE|ID", rows)
}

func newQuarantineShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Tell of one refused event; its payload stays sealed",
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withBox(cmd, func(box control.Box, cfg *config.Config) error {
				q, err := box.QuarantineShow(cmd.Context(), args[0])
				if errors.Is(err, edge.ErrNotFound) {
					return fmt.Errorf("no refused event has the id %q; %s shows them", args[0], cli.Hint(cmd, "quarantine list"))
				}
				if err != nil {
					return err
				}
				return cli.Printed(cmd, q, func(out io.Writer) {
					fmt.Fprintln(out, cli.Visible(q.ID))
					cli.Fields(out, "reason", q.Reason, "detail", q.Detail, "topic", q.Topic,
						"size", cli.Size(int64(q.Size)), "when", cli.Moment(q.At, cfg.Zone()))
				})
			})
		},
	}
}
