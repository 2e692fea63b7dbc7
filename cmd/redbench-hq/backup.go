// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/owner"
	"redbench/edge/backup"
	"redbench/sync/hq/config"
)

func newBackupCommand() *cobra.Command {
	var to string
	command := &cobra.Command{
		Use:   "backup",
		Short: "Copy all that head office keeps, and prove the copy by restoring it beside",
		Long: `Copies the database with the chain's keys and the authority while head office is served, restores the copy beside, opens it
with its keys and looks through it. Only then is it a backup. It lies in [backup] dir, where head office makes one each
day by itself; those beyond [backup] keep are deleted, and whoever was forgotten since is taken out of the others.

--to copies it to another directory, too. Whoever reads a backup reads everything.`,
		Example: "  redbench-hq backup\n  redbench-hq backup --to /mnt/stick\n  redbench-hq backup list",
		Args:    cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to != "" {
				cfg, err := loadConfig(cmd)
				if err == nil && owner.Others(cfg.State.Dir) {
					return cli.BackupBeside(cmd, to)
				}
			}
			return withOffice(cmd, func(o *office, cfg *config.Config) error {
				show, end := cli.BackupBar(cmd.ErrOrStderr())
				made, err := newBackups(o, cfg, slog.New(slog.DiscardHandler)).make(cmd.Context(), backup.Pace{Progress: show})
				end()
				if errors.Is(err, backup.ErrBusy) {
					err = errors.New("another backup is being made; try again when it is done")
				}
				if err == nil {
					made, err = cli.CopyBackup(cmd, made, to)
				}
				if err != nil {
					return err
				}
				return cli.PrintMade(cmd, made)
			})
		},
	}
	command.Flags().StringVar(&to, "to", "", "a directory to copy it to")
	command.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "List the backups, the latest first",
		Args:  cli.AsUsed,
		RunE:  func(cmd *cobra.Command, _ []string) error { return listBackups(cmd) },
	})
	return command
}

func listBackups(cmd *cobra.Command) error {
	cfg, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	return cli.PrintBackups(cmd, cfg.Backup.In(cfg.State.Dir), kept.Program, time.Local)
}
