// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon"
	"redbench/daemon/config"
	"redbench/daemon/control"
)

func newEnrollCommand() *cobra.Command {
	var req control.EnrollRequest
	command := &cobra.Command{
		Use:   "enroll CODE",
		Short: "Join the chain: exchange head office's one-time code for credentials",
		Long: `Exchanges the one-time code that ` + "`redbench-hq store add`" + ` printed for this box's credentials and the chain's keys. From
then on what this store learns goes to head office, and what head office knows of this store's customers comes here.
Nobody whom the box knows already is lost by it. A running box need not be restarted.

The same command again changes nothing. A dash instead of the code reads it from standard input.`,
		Example: "  redbench enroll --url https://hq.example.com:8788 ABCD-EFGH-JKMN-PQRS\n  redbench enroll - < code.txt",
		Args:    cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if req.Code, err = codeFrom(cmd, args[0]); err != nil {
				return err
			}
			return withAnyBox(cmd, func(box control.Box, _ *config.Config) error {
				report, err := box.Enroll(cmd.Context(), req)
				if err != nil {
					return err
				}
				return cli.Printed(cmd, report, func(out io.Writer) { printEnrolled(out, cmd, report) })
			})
		},
	}
	command.Flags().StringVar(&req.URL, "url", "", "head office, as in https://hq.example.com:8788 (default: [hq] url)")
	command.Flags().BoolVar(&req.Again, "again", false, "enroll anew, though this box is enrolled (its credentials were revoked, or head office is another)")
	return command
}

// codeFrom takes the code from the arguments, or from standard input.
func codeFrom(cmd *cobra.Command, argument string) (string, error) {
	if argument == "-" {
		raw, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), 4096))
		if err != nil {
			return "", fmt.Errorf("reading the code: %w", err)
		}
		argument = string(raw)
	}
	if argument = strings.TrimSpace(argument); argument == "" {
		return "", cli.WrongUsage(errors.New("the code is empty; `redbench-hq store add` prints one"))
	}
	return argument, nil
}

func printEnrolled(out io.Writer, cmd *cobra.Command, r control.EnrollReport) {
	if r.Before {
		fmt.Fprintf(out, "Store %s is enrolled with %s already, since %s. Nothing was changed, and the code was not used; --again uses it.\n",
			r.Store, r.URL, r.Enrolled.Format("2006-01-02"))
		return
	}
	fmt.Fprintf(out, "Store %s is enrolled with %s.\n", r.Store, r.URL)
	fmt.Fprintf(out, "What this box knows already goes there now; %s tells how far it is.\n", cli.Hint(cmd, "status"))
}

// withAnyBox is withBox for a verb that may come before the box's first start.
func withAnyBox(cmd *cobra.Command, do func(control.Box, *config.Config) error) error {
	cfg, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	options := daemon.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Version: version()}
	box, closer, err := daemon.OpenOrMake(context.WithoutCancel(cmd.Context()), options)
	if err != nil {
		return advised(cmd, err)
	}
	return errors.Join(advised(cmd, do(box, cfg)), closer.Close())
}
