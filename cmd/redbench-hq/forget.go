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
	"redbench/edge"
	"redbench/edge/backup"
	"redbench/sync/hq"
	"redbench/sync/hq/config"
)

func newForgetCommand() *cobra.Command {
	var yes, owing bool
	command := &cobra.Command{
		Use:   "forget [IDENTIFIER]",
		Short: "Take one customer out of the record everywhere, for good; or tell who still has to",
		Long: `Takes one customer out, here at once and in each store as soon as it asks: her name, her identifiers, her facts, her
visits. It cannot be taken back. She need not be known here. A dash instead of the identifier reads it from standard
input, so that the shell's history does not keep it.

It asks first. Where it cannot (no terminal on standard input and standard error, or the identifier comes from there) it
refuses with exit code 2 unless --yes is given.

--owing lists the stores that have not yet said that they forgot somebody.`,
		Example: "  redbench-hq forget 6001002003004\n  redbench-hq forget --kind customer C-1042\n  redbench-hq forget --yes - < card.txt\n" +
			"  redbench-hq forget --owing",
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case owing && len(args) > 0:
				return cli.WrongUsage(errors.New("--owing takes no identifier"))
			case owing:
				return listOwing(cmd)
			case len(args) == 0:
				return cli.WrongUsage(errors.New("forget needs IDENTIFIER, or --owing"))
			case !yes && (args[0] == "-" || !cli.CanAsk(cmd)):
				return cli.WrongUsage(errors.New("give --yes to forget without being asked"))
			}
			id, err := cli.Identifier(cmd, args[0])
			if err != nil {
				return err
			}
			if !yes && !cli.Agreed(cmd, "Forget this customer in every store for good?") {
				return errors.New("nobody was forgotten")
			}
			return withOffice(cmd, func(o *office, cfg *config.Config) error { return forget(cmd, o, cfg, id) })
		},
	}
	cli.AddKind(command)
	command.Flags().BoolVar(&yes, "yes", false, "do not ask; needed where nobody can be asked")
	command.Flags().BoolVar(&owing, "owing", false, "list the stores that still have to forget somebody")
	return command
}

// forgotten is what `forget --json` prints.
type forgotten struct {
	hq.Forgotten
	Backups int      `json:"backups_holding"`               // backups that still hold her
	Within  int      `json:"backups_within_hours,omitzero"` // after so many at the latest a running head office has written them anew
	Former  []string `json:"former,omitempty"`              // directories of states that were replaced, which may hold her, too
}

func forget(cmd *cobra.Command, o *office, cfg *config.Config, id edge.Identifier) error {
	done, err := o.Forget(cmd.Context(), id)
	if errors.Is(err, edge.ErrAmbiguous) {
		return errors.New("that identifier belongs to more than one customer; name her by --kind customer and the chain's own id")
	}
	if err != nil {
		return err
	}
	full := forgotten{Forgotten: done, Former: backup.Formers(cfg.State.Dir)}
	if owing, err := newBackups(o, cfg, slog.New(slog.DiscardHandler)).owing(cmd.Context()); err == nil && len(owing) > 0 {
		full.Backups, full.Within = len(owing), cfg.Backup.ForgetWithinHours
	}
	return cli.Printed(cmd, full, func(out io.Writer) { printForgotten(cmd, out, full) })
}

func printForgotten(cmd *cobra.Command, out io.Writer, done forgotten) {
	if done.Known {
		fmt.Fprintln(out, "She is forgotten here: nothing of her is left in head office's record.")
	} else {
		fmt.Fprintln(out, "Nobody here is known by that identifier (is --kind right?); a store that knows her forgets her all the same.")
	}
	if done.Stores > 0 {
		fmt.Fprintf(out, "%s to confirm it; %s tells who still owes.\n", cli.Count(done.Stores, "store has", "stores have"), cli.Hint(cmd, "forget --owing"))
	}
	if done.Backups > 0 {
		fmt.Fprintf(out, "%s her; while head office runs it writes them anew without her, within %s. What you have copied\n"+
			"elsewhere is yours to see to.\n", cli.Count(done.Backups, "backup still holds", "backups still hold"), cli.Count(done.Within, "hour", "hours"))
	}
	if len(done.Former) > 0 {
		fmt.Fprintf(out, "What a restore replaced may hold her, too; once all is well: %s\n", cli.RemoveFormers(done.Former))
	}
	fmt.Fprintln(out, "Take her row out of the customers file, too: a row with a consent column would bring her back.")
}

func listOwing(cmd *cobra.Command) error {
	return withOffice(cmd, func(o *office, _ *config.Config) error {
		owed, err := o.Owing(cmd.Context())
		if err != nil {
			return err
		}
		if owed == nil {
			owed = []hq.OwedErasure{}
		}
		return cli.Printed(cmd, owed, func(out io.Writer) {
			if len(owed) == 0 {
				fmt.Fprintln(out, "No store owes anything: whoever asked to be forgotten is, everywhere.")
				return
			}
			rows := make([][]string, len(owed))
			for i, each := range owed {
				rows[i] = []string{each.Store, cli.Moment(each.Since, time.Local), each.Erasure}
			}
			cli.Table(out, "STORE|SINCE|ERASURE", rows)
		})
	})
}
