// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/daemon/owner"
	"redbench/edge/backup"
)

func newBackupCommand() *cobra.Command {
	var to string
	command := &cobra.Command{
		Use:   "backup",
		Short: "Copy all that the box keeps, and prove the copy by restoring it beside",
		Long: `Copies the record with its keys while tills are served, restores the copy beside, opens it with its keys and looks through
it. Only then is it a backup. It lies in [backup] dir, where the box makes one each day by itself; those beyond
[backup] keep are deleted, and whoever was forgotten since is taken out of the others.

--to copies it to another directory, too, as on a stick. Whoever reads a backup reads everything.`,
		Example: "  redbench backup\n  redbench backup --to /mnt/stick\n  redbench backup list",
		Args:    cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to != "" && besideStopped(cmd) {
				return cli.BackupBeside(cmd, to)
			}
			return withBox(cmd, func(box control.Box, _ *config.Config) error {
				show, end := cli.BackupBar(cmd.ErrOrStderr())
				made, err := box.Backup(cmd.Context(), show)
				end()
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

// besideStopped reports whether this process would become the box's user, as no box runs whom it could ask.
func besideStopped(cmd *cobra.Command) bool {
	cfg, err := loadConfig(cmd)
	if err != nil || !owner.Others(cfg.State.Dir) {
		return false
	}
	client, err := control.Dial(cmd.Context(), cfg.State.Dir)
	if err == nil {
		_ = client.Close()
	}
	return err != nil
}

func listBackups(cmd *cobra.Command) error {
	cfg, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	return cli.PrintBackups(cmd, cfg.Backup.In(cfg.State.Dir), "redbench", cfg.Zone())
}

// findBackup is the backup that a person names.
func findBackup(cfg *config.Config, name string) (backup.Backup, error) {
	return backup.Find(cfg.Backup.In(cfg.State.Dir), "redbench", name)
}
