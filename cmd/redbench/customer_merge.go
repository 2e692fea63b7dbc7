// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
)

func newCustomerMergeCommand() *cobra.Command {
	var forGood bool
	command := &cobra.Command{
		Use:   "merge KEEP OTHER",
		Short: "Make two customers one, who turned out to be the same person",
		Long: `Makes everything of OTHER KEEP's: her identifiers, facts and visits; what is usual is learnt anew. KEEP keeps her name
and how she is addressed, where she has them. Of what the two allow the less counts, whenever it was said, and what that
does not cover is deleted for good.

A box that works alone can take it back: redbench customer unmerge. One that belongs to a head office tells it that the two
are one, every other store follows, and nothing takes it back. Two who each have an id of the chain's own are refused there.

A dash reads an identifier from standard input, a line each. It asks first. Where it cannot (no terminal on standard input
and standard error, or an identifier comes from there) it refuses with exit code 2 unless --yes is given. What nothing would
take back is asked for a second time, and needs --for-good beside --yes; without it nothing is changed.`,
		Example: "  redbench customer merge 6001002003004 6001002003005\n  redbench customer merge --kind customer --other-kind card C-1042 6001002003005\n" +
			"  redbench customer merge --yes - - < cards.txt",
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			ask, err := mayAsk(cmd, args)
			if err != nil {
				return err
			}
			lines := newLines(cmd)
			req := control.MergeRequest{ForGood: forGood}
			if req.Keep, err = lines.identifier("kind", args[0]); err != nil {
				return err
			}
			if req.Other, err = lines.identifier("other-kind", args[1]); err != nil {
				return err
			}
			return withBox(cmd, func(box control.Box, _ *config.Config) error { return merge(cmd, box, req, ask) })
		},
	}
	cli.AddKind(command)
	command.Flags().String("other-kind", "", "what the second identifier is, where it is of another kind")
	addYes(command)
	command.Flags().BoolVar(&forGood, "for-good", false, "also where nothing takes the merge back")
	return command
}

func newCustomerUnmergeCommand() *cobra.Command {
	var id string
	command := &cobra.Command{
		Use:   "unmerge KEEP",
		Short: "Take a merge back: two customers again, as they were",
		Long: `Makes two customers again of one who was merged at this box, as they would be had they never been merged. What was learnt
since is with whose card was shown; where that is not known it stays with KEEP, as does what was stated since and each
identifier that was added. KEEP is any identifier of hers.

It works on a box that works alone, until she is forgotten or takes back that she is remembered.`,
		Example: "  redbench customer unmerge 6001002003004\n  redbench customer unmerge 6001002003004 --id 01a204e2-9731-7417-be8a-f07d208ed163",
		Args:    cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			ask, err := mayAsk(cmd, args)
			if err != nil {
				return err
			}
			keep, err := cli.Identifier(cmd, args[0])
			if err != nil {
				return err
			}
			req := control.UnmergeRequest{Keep: keep, ID: strings.TrimSpace(id)}
			return withBox(cmd, func(box control.Box, _ *config.Config) error { return unmerge(cmd, box, req, ask) })
		},
	}
	cli.AddKind(command)
	command.Flags().StringVar(&id, "id", "", "our id of who is to be parted from her, where several were merged; customer show lists them")
	addYes(command)
	return command
}

func addYes(command *cobra.Command) {
	command.Flags().Bool("yes", false, "do not ask; needed where nobody can be asked")
}

// mayAsk reports whether to ask first, or refuses where nobody can be asked and --yes is not given.
func mayAsk(cmd *cobra.Command, args []string) (ask bool, err error) {
	yes, err := cmd.Flags().GetBool("yes")
	if err != nil || yes {
		return false, err
	}
	for _, arg := range args {
		if arg == "-" {
			return false, cli.WrongUsage(errors.New("give --yes to go on without being asked"))
		}
	}
	if !cli.CanAsk(cmd) {
		return false, cli.WrongUsage(errors.New("give --yes to go on without being asked"))
	}
	return true, nil
}

// lines reads identifiers from standard input, a line each.
type lines struct {
	cmd *cobra.Command
	in  *bufio.Scanner
}

func newLines(cmd *cobra.Command) lines {
	return lines{cmd, bufio.NewScanner(io.LimitReader(cmd.InOrStdin(), 4096))}
}

// identifier reads one, of the kind that a flag says, else --kind.
func (l lines) identifier(flag, value string) (edge.Identifier, error) {
	kind, err := l.cmd.Flags().GetString(flag)
	if err == nil && kind == "" {
		kind, err = l.cmd.Flags().GetString("kind")
	}
	if err != nil {
		return edge.Identifier{}, err
	}
	id := edge.Identifier{Kind: edge.IdentifierKind(kind), Value: value}
	if !id.Kind.Valid() {
		return id, cli.WrongUsage(fmt.Errorf("--%s is card, phone, email, app or customer; it is %q", flag, kind))
	}
	if value == "-" {
		l.in.Scan()
		id.Value = l.in.Text()
	}
	if id.Value = strings.TrimSpace(id.Value); id.Value == "" {
		return id, cli.WrongUsage(errors.Join(errors.New("an identifier is empty"), l.in.Err()))
	}
	return id, nil
}

func merge(cmd *cobra.Command, box control.Box, req control.MergeRequest, ask bool) error {
	if ask {
		question, err := mergeQuestion(cmd, box, req)
		if err != nil {
			return err
		}
		if !cli.Agreed(cmd, question) {
			return errors.New("nobody was merged")
		}
	}
	report, err := box.Merge(cmd.Context(), req)
	if refusal, is := errors.AsType[*edge.Refusal](err); is && refusal.Code == control.RefusedForGood {
		if !ask {
			return fmt.Errorf("nobody was merged: %s. Give --for-good if that is meant", refusal.Text)
		}
		if !cli.Agreed(cmd, refusal.Text+".\nMerge them for good?") {
			return errors.New("nobody was merged")
		}
		req.ForGood = true
		report, err = box.Merge(cmd.Context(), req)
	}
	if err != nil {
		return plain(err)
	}
	return cli.Printed(cmd, report, func(out io.Writer) {
		fmt.Fprintf(out, "They are one customer now: %s. Her consent is %q.\n", report.Customer, report.Consent)
		if report.Unlearnt {
			fmt.Fprintln(out, "One of the two allowed less than the other, or had taken something back: what that does not cover is deleted, and nothing takes the merge back.")
		}
		printShownAnew(out, report.Screens)
		switch {
		case report.Told:
			fmt.Fprintln(out, "Head office is told, and every other store follows.")
		case report.Undo:
			fmt.Fprintf(out, "To take it back: redbench customer unmerge, with any identifier of hers and --id %s\n", report.Merged)
		}
	})
}

// mergeQuestion names the two, so that who is asked sees whether they are meant.
func mergeQuestion(cmd *cobra.Command, box control.Box, req control.MergeRequest) (string, error) {
	keep, err := box.Customer(cmd.Context(), req.Keep)
	if err != nil {
		return "", fmt.Errorf("the first identifier: %w", unknown(err))
	}
	other, err := box.Customer(cmd.Context(), req.Other)
	if err != nil {
		return "", fmt.Errorf("the second identifier: %w", unknown(err))
	}
	return fmt.Sprintf("Merge %s into %s?", inShort(other), inShort(keep)), nil
}

func inShort(c control.Customer) string {
	name := c.Name
	if name == "" {
		name = "(no name)"
	}
	return fmt.Sprintf("%s (%s, %s)", cli.Visible(name), cli.Count(c.Visits, "visit", "visits"), cli.Count(len(c.Facts), "fact", "facts"))
}

func unmerge(cmd *cobra.Command, box control.Box, req control.UnmergeRequest, ask bool) error {
	if ask && !cli.Agreed(cmd, "Part this customer into the two that she was merged from?") {
		return errors.New("nobody was parted")
	}
	report, err := box.Unmerge(cmd.Context(), req)
	if err != nil {
		return plain(err)
	}
	return cli.Printed(cmd, report, func(out io.Writer) {
		fmt.Fprintf(out, "They are two customers again: %s and %s.\n", report.Customer, report.Parted)
		printShownAnew(out, report.Screens)
	})
}

func printShownAnew(out io.Writer, n int) {
	if n > 0 {
		fmt.Fprintf(out, "She is shown anew on %s.\n", cli.Count(n, "lane", "lanes"))
	}
}

// plain is a refusal without its code, which is for programs.
func plain(err error) error {
	var refusal *edge.Refusal
	if errors.As(err, &refusal) {
		return errors.New(refusal.Text)
	}
	return err
}
