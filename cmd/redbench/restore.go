// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon"
	"redbench/daemon/control"
	"redbench/edge/backup"
	"redbench/edge/store"
)

func newRestoreCommand() *cobra.Command {
	var list, force bool
	command := &cobra.Command{
		Use:   "restore BACKUP|latest",
		Short: "Put a backup in the place of a stopped box's record",
		Long: `Checks the backup, and puts it in the place of what the box keeps now, whole or not at all. The former record is kept
aside. Whoever it knew as forgotten is forgotten in the restored one before anybody is served. To head office the box is
then another one, so that nothing is counted twice.

BACKUP is a path, or a name from the list.`,
		Example: "  sudo redbench stop\n  sudo redbench restore latest\n  sudo redbench start",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case list && len(args) == 0:
				return listBackups(cmd)
			case list:
				return cli.WrongUsage(errors.New("--list takes no backup"))
			case len(args) == 0:
				return cli.WrongUsage(errors.New("restore needs BACKUP, or latest; --list shows them"))
			}
			return restore(cmd, args[0], force)
		},
	}
	command.Flags().BoolVar(&list, "list", false, "list the backups")
	command.Flags().BoolVar(&force, "force-store", false, "take a backup of another store")
	return command
}

func restore(cmd *cobra.Command, name string, force bool) error {
	cfg, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	if client, err := control.Dial(cmd.Context(), cfg.State.Dir); err == nil {
		return errors.Join(running(cmd), client.Close())
	} else if !errors.Is(err, control.ErrNotRunning) {
		return err
	}
	b, err := findBackup(cfg, name)
	if err != nil {
		return err
	}
	show, end := cli.BackupBar(cmd.ErrOrStderr())
	done, err := daemon.Restore(cmd.Context(), daemon.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Version: version()}, b, force, show)
	end()
	var inUse *store.InUseError
	if errors.As(err, &inUse) {
		return running(cmd)
	}
	if err != nil && !backup.Unfinished(cfg.State.Dir) {
		err = fmt.Errorf("%w; nothing was restored", err)
	}
	if err != nil {
		return err
	}
	return cli.Printed(cmd, done, func(out io.Writer) { printRestored(cmd, out, done, cfg.Zone()) })
}

// verb is the verb's form for so many.
func verb(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

func running(cmd *cobra.Command) error {
	return fmt.Errorf("the box is running, and its record cannot change under it; stop it first: %s", cli.Hint(cmd, "stop"))
}

func printRestored(cmd *cobra.Command, out io.Writer, r daemon.Restored, zone *time.Location) {
	fmt.Fprintf(out, "Restored %s, as the box was at %s.\n", r.Backup, cli.Moment(r.Made, zone))
	switch {
	case r.Unknown == "":
		fmt.Fprintf(out, "The former record knew of %s; %s forgotten in the restored one.\n", cli.Count(r.Erasures, "erasure", "erasures"),
			cli.Count(r.Forgotten, "customer was", "customers were"))
	case r.AsksFirst:
		fmt.Fprintf(out, "Who was forgotten since is not known here (%s). Nobody is named until head office has said so.\n", cli.Visible(r.Unknown))
	default:
		fmt.Fprintf(out, "Who was forgotten since is not known here (%s),\n"+
			"and no head office knows either: whoever asked to be forgotten after that moment is back.\nRepeat %s for each of them before you start the box.\n", cli.Visible(r.Unknown), cli.Hint(cmd, "forget CARD"))
	}
	if r.Unknown != "" && r.Forgotten > 0 {
		fmt.Fprintf(out, "%s that the record here knew of as forgotten %s so.\n", cli.Count(r.Forgotten, "customer", "customers"), verb(r.Forgotten, "stays", "stay"))
	}
	if r.Enroll {
		fmt.Fprintf(out, "This box was enrolled since, and head office does not know the restored keys: there `redbench-hq store add %s`, and here\n"+
			"%s before you start the box.\n", cli.Visible(r.Store), cli.Hint(cmd, "enroll --again CODE"))
	}
	if r.Former != "" {
		fmt.Fprintf(out, "The former record is in %s. It holds people: once all is well, sudo rm -r %s\n", r.Former, cli.Quoted(r.Former))
	}
	fmt.Fprintf(out, "Now: %s\n", cli.Hint(cmd, "start"))
}
