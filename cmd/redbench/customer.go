// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
)

func newForgetCommand() *cobra.Command {
	var yes bool
	command := &cobra.Command{
		Use:   "forget IDENTIFIER",
		Short: "Take one customer out of the record, for good",
		Long: `Takes one customer out: her name, her identifiers, her facts, her visits. It cannot be taken back. A dash instead of
the identifier reads it from standard input, so that the shell's history does not keep it.

It asks first. Where it cannot (no terminal on standard input and standard error, or the identifier comes from there) it
refuses with exit code 2 unless --yes is given.`,
		Example: "  redbench forget 6001002003004\n  redbench forget --kind customer C-1042\n  redbench forget --yes - < card.txt",
		Args:    cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes && (args[0] == "-" || !cli.CanAsk(cmd)) {
				return cli.WrongUsage(errors.New("give --yes to forget without being asked"))
			}
			id, err := cli.Identifier(cmd, args[0])
			if err != nil {
				return err
			}
			if !yes && !cli.Agreed(cmd, "Forget this customer for good?") {
				return errors.New("nobody was forgotten")
			}
			return withBox(cmd, func(box control.Box, cfg *config.Config) error { return forget(cmd, box, id, cfg.Zone()) })
		},
	}
	cli.AddKind(command)
	command.Flags().BoolVar(&yes, "yes", false, "do not ask; needed where nobody can be asked")
	return command
}

func forget(cmd *cobra.Command, box control.Box, id edge.Identifier, zone *time.Location) error {
	report, err := box.Forget(cmd.Context(), id)
	if err != nil {
		return unknown(err)
	}
	return cli.Printed(cmd, report, func(out io.Writer) {
		fmt.Fprintln(out, "She is forgotten: nothing of her is left in this box's record.")
		if report.Cleared > 0 {
			fmt.Fprintf(out, "She is cleared on %s.\n", cli.Count(report.Cleared, "lane", "lanes"))
		}
		if report.Ordered {
			fmt.Fprintln(out, "Head office is told, and tells every other store; it shows which have not done it yet.")
		}
		if report.Backups > 0 {
			fmt.Fprintf(out, "%s her; while the box runs it writes them anew without her, by %s at the latest. What you have copied\n"+
				"elsewhere is yours to see to.\n", cli.Count(report.Backups, "backup still holds", "backups still hold"), cli.Moment(report.Until, zone))
		}
		if len(report.Former) > 0 {
			fmt.Fprintf(out, "What a restore replaced may hold her, too; once all is well: %s\n", cli.RemoveFormers(report.Former))
		}
		fmt.Fprintln(out, "Take her row out of the customers file, too: a row with a consent column would bring her back.")
	})
}

// unknown tells what to do about a customer who is not found, without repeating the identifier.
func unknown(err error) error {
	switch {
	case errors.Is(err, edge.ErrNotFound):
		return errors.New("nobody here is known by that identifier (is --kind right?)")
	case errors.Is(err, edge.ErrAmbiguous):
		return errors.New("that identifier belongs to more than one customer; name her by --kind customer and the chain's own id")
	}
	return err
}

func newCustomerCommand() *cobra.Command {
	return cli.Parent("customer", "See what the box knows of a customer; make one of two",
		newCustomerShowCommand(), newCustomerMergeCommand(), newCustomerUnmergeCommand())
}

func newCustomerShowCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "show IDENTIFIER",
		Short: "Print what the box knows of one customer",
		Long: `Prints what the box knows of one customer, in short; "redbench export customer" writes all of it. A dash instead of the
identifier reads it from standard input.`,
		Example: "  redbench customer show 6001002003004\n  redbench customer show --kind customer C-1042",
		Args:    cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := cli.Identifier(cmd, args[0])
			if err != nil {
				return err
			}
			return withBox(cmd, func(box control.Box, cfg *config.Config) error {
				customer, err := box.Customer(cmd.Context(), id)
				if err != nil {
					return unknown(err)
				}
				return cli.Printed(cmd, customer, func(out io.Writer) { printCustomer(out, customer, cfg.Zone()) })
			})
		},
	}
	cli.AddKind(command)
	return command
}

func printCustomer(out io.Writer, c control.Customer, zone *time.Location) {
	name := c.Name
	if name == "" {
		name = "(no name)"
	}
	fmt.Fprintln(out, cli.Visible(name))
	cli.Fields(out,
		"say", c.Say,
		"address", c.Address,
		"language", c.Language,
		"consent", string(c.Consent),
		"stage", string(c.Stage),
		"customer since", cli.Day(c.Since, zone),
		"visits", visitsLine(c, zone),
		"last visit", lastLine(c.Last, zone),
		"id", c.ID,
	)
	if len(c.Usual) > 0 {
		fmt.Fprintln(out, "\nUsual things")
		rows := make([][]string, len(c.Usual))
		for i, h := range c.Usual {
			rows[i] = []string{fmt.Sprintf("  %3.0f %%", h.P*100), h.Name, fmt.Sprintf("%d times", h.Times), cli.Day(h.Last, zone)}
		}
		cli.Table(out, "  SHARE|WHAT|BASKETS|LAST", rows)
	}
	if len(c.Facts) > 0 {
		fmt.Fprintln(out, "\nFacts")
		for _, f := range c.Facts {
			fmt.Fprintf(out, "  %s: %s%s\n", f.Kind, cli.Visible(f.Text), cli.Visible(learned(f, zone)))
		}
	}
	if len(c.Merged) > 0 {
		fmt.Fprintln(out, "\nMerged into her")
		for _, m := range c.Merged {
			fmt.Fprintf(out, "  %s on %s%s\n", m.ID, cli.Day(m.At, zone), came(m))
		}
	}
}

// came tells what came with somebody who was merged, and whether it can be taken back.
func came(m control.Lineage) (text string) {
	if m.Identifiers+m.Visits+m.Facts > 0 {
		text = fmt.Sprintf(", with %s, %s, %s", cli.Count(m.Identifiers, "identifier", "identifiers"),
			cli.Count(m.Visits, "visit", "visits"), cli.Count(m.Facts, "fact", "facts"))
	}
	switch {
	case m.Into != "":
		text += "; she had been merged into " + m.Into
	case !m.Undo:
		text += "; cannot be taken back"
	}
	return text
}

func visitsLine(c control.Customer, zone *time.Location) string {
	line := cli.Grouped(c.Visits)
	if c.Visits > 0 && !c.First.IsZero() {
		line += ", the first on " + cli.Day(c.First, zone)
	}
	if c.GapDays > 0 {
		line += fmt.Sprintf(", every %.1f days", c.GapDays)
	}
	return line
}

func lastLine(v *control.LastVisit, zone *time.Location) string {
	if v == nil {
		return ""
	}
	line := cli.Moment(v.At, zone)
	if v.Lane != "" {
		line += ", lane " + v.Lane
	}
	if v.Store != "" {
		line += " at " + v.Store
	}
	if len(v.Items) > 0 {
		line += ": " + strings.Join(v.Items, ", ")
	}
	return line
}

// learned tells who learned a fact, where and when: no fact stands without it.
func learned(f control.Fact, zone *time.Location) string {
	var parts []string
	if f.ToldTo != "" {
		parts = append(parts, "told to "+f.ToldTo)
	}
	if f.Place != "" {
		parts = append(parts, "at "+f.Place)
	}
	if !f.At.IsZero() {
		parts = append(parts, "on "+cli.Day(f.At, zone))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, " ") + ")"
}
