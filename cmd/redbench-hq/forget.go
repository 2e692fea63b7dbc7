// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/edge"
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
			return withOffice(cmd, func(o *office, _ *config.Config) error { return forget(cmd, o, id) })
		},
	}
	cli.AddKind(command)
	command.Flags().BoolVar(&yes, "yes", false, "do not ask; needed where nobody can be asked")
	command.Flags().BoolVar(&owing, "owing", false, "list the stores that still have to forget somebody")
	return command
}

func forget(cmd *cobra.Command, o *office, id edge.Identifier) error {
	done, err := o.Forget(cmd.Context(), id)
	if errors.Is(err, edge.ErrAmbiguous) {
		return errors.New("that identifier belongs to more than one customer; name her by --kind customer and the chain's own id")
	}
	if err != nil {
		return err
	}
	return cli.Printed(cmd, done, func(out io.Writer) { printForgotten(cmd, out, done) })
}

func printForgotten(cmd *cobra.Command, out io.Writer, done hq.Forgotten) {
	if done.Known {
		fmt.Fprintln(out, "She is forgotten here: nothing of her is left in head office's record.")
	} else {
		fmt.Fprintln(out, "Nobody here is known by that identifier (is --kind right?); a store that knows her forgets her all the same.")
	}
	if done.Stores > 0 {
		fmt.Fprintf(out, "%s to confirm it; %s tells who still owes.\n", cli.Count(done.Stores, "store has", "stores have"), cli.Hint(cmd, "forget --owing"))
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
