// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/owner"
	"redbench/edge/backup"
	"redbench/sync/hq"
	"redbench/sync/hq/config"
	"redbench/sync/hq/store"
)

// finishRestore ends a restore that a power cut broke off, or clears what it left. It does nothing where there was none.
func finishRestore(dir string) error {
	if !backup.Left(dir) {
		return nil
	}
	release, err := store.Replacing(dir)
	if err != nil {
		return err
	}
	return errors.Join(backup.Finish(dir), release())
}

// restored is what `restore --json` prints.
type restored struct {
	Backup   string    `json:"backup"`
	Made     time.Time `json:"made"`
	Former   string    `json:"former,omitempty"`
	Erasures int       `json:"erasures"`
	Unknown  string    `json:"unknown,omitempty"` // why it is not known who was forgotten since
}

func newRestoreCommand() *cobra.Command {
	var list bool
	command := &cobra.Command{
		Use:   "restore BACKUP|latest",
		Short: "Put a backup in the place of what a stopped head office keeps",
		Long: `Checks the backup, and puts it in the place of what head office keeps now, whole or not at all. The former state is kept
aside. Whoever it knew as forgotten is forgotten in the restored one; each store tells of those whom it knew itself. At
its start head office takes itself for the older copy that it is: every store begins anew, and nothing is counted twice.

BACKUP is a path, or a name from the list.`,
		Example: "  sudo systemctl stop redbench-hq\n  sudo redbench-hq restore latest\n  sudo systemctl start redbench-hq",
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
			cfg, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			done, err := restore(cmd, cfg, args[0])
			if err != nil && !backup.Unfinished(cfg.State.Dir) {
				err = fmt.Errorf("%w; nothing was restored", err)
			}
			if err != nil {
				return err
			}
			return cli.Printed(cmd, done, func(out io.Writer) { printRestored(out, done) })
		},
	}
	command.Flags().BoolVar(&list, "list", false, "list the backups")
	return command
}

func restore(cmd *cobra.Command, cfg *config.Config, name string) (done restored, err error) {
	dir := cfg.State.Dir
	b, err := backup.Find(cfg.Backup.In(dir), kept.Program, name)
	if err != nil {
		return done, err
	}
	if b.Program != kept.Program {
		return done, fmt.Errorf("%s is a backup of %s, not of head office", b.Path, b.Program)
	}
	held, err := backup.Hold(b) // before root becomes the owner of the state directory, who may not read it
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.Setenv("SQLITE_TMPDIR", dir)); err != nil {
		return done, fmt.Errorf("making the state directory: %w", err)
	}
	if err := owner.Become(dir); err != nil {
		return done, err
	}
	release, err := store.Replacing(dir)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := backup.Finish(dir); err != nil {
		return done, err
	}
	show, end := cli.BackupBar(cmd.ErrOrStderr())
	defer end()
	done = restored{Backup: b.Name, Made: b.Made}
	work := backup.Restore{What: kept, State: dir, Now: time.Now, Pace: backup.Pace{Progress: show}, Check: store.Inspect,
		Prepare: func(ctx context.Context, copy string) error {
			all, err := done.knownErasures(ctx, copy, dir)
			if err != nil {
				return err
			}
			return forgetIn(ctx, copy, all)
		}}
	done.Former, err = work.Run(cmd.Context(), held)
	return done, err
}

// knownErasures are those that the replaced state has taken. One that is not what became of the head office that the backup was
// made of does not know them.
func (r *restored) knownErasures(ctx context.Context, unpacked, dir string) ([]hq.ErasureRow, error) {
	if _, err := os.Stat(filepath.Join(dir, store.File)); errors.Is(err, fs.ErrNotExist) {
		r.Unknown = "there was no database here before"
		return nil, nil
	}
	why, err := store.Unrelated(ctx, dir, unpacked)
	var all []hq.ErasureRow
	if err == nil {
		r.Unknown = why
		all, err = store.Erasures(ctx, dir)
	}
	if err != nil {
		r.Unknown = err.Error()
		return nil, ctx.Err()
	}
	r.Erasures = len(all)
	return all, nil
}

func printRestored(out io.Writer, r restored) {
	fmt.Fprintf(out, "Restored %s, as head office was at %s.\n", r.Backup, cli.Moment(r.Made, time.Local))
	if r.Unknown == "" {
		fmt.Fprintf(out, "The %s that the former state knew of were carried out on it.\n", cli.Count(r.Erasures, "order to forget", "orders to forget"))
	} else {
		fmt.Fprintf(out, "Who was forgotten since is not known here (%s): each store tells it before anything else, as soon as it asks.\n"+
			"Whom head office alone was told to forget after that moment, forget again.\n", cli.Visible(r.Unknown))
	}
	if r.Former != "" {
		fmt.Fprintf(out, "The former state is in %s. It holds people: once all is well, sudo rm -r %s\n", r.Former, cli.Quoted(r.Former))
	}
	fmt.Fprintln(out, "Start head office; revoke again which stores you have revoked since.")
}
