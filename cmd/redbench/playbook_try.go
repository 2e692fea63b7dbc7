// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
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
	"redbench/edge/playbook"
)

func newPlaybookTryCommand() *cobra.Command {
	var at, customer string
	var req control.TryRequest
	command := &cobra.Command{
		Use:   "try [IDENTIFIER]",
		Short: "Show what a customer's card would say, and why; without an identifier, a stranger's",
		Long: `Chooses a prompt as a tap would, from what the box knows now, and prints the stage with the evidence for it, and each rule
that was considered with why it won or lost. Nothing reaches a screen or the record. A dash reads the identifier from
standard input. A card that nobody has, or that several have, says what a screen says of it: a stranger's greeting. --customer takes the chain's own id of her, or a card, where --kind does not say which.`,
		Example: "  redbench playbook try 6001002003004\n  redbench playbook try --customer C-1042 --at 2026-12-24T08:30",
		Args:    cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, err := whomToTry(cmd, args, customer)
			if err != nil {
				return err
			}
			if _, err := playbook.ParseLoad(req.Load); err != nil {
				return cli.WrongUsage(fmt.Errorf("--%w", err))
			}
			return withBox(cmd, func(box control.Box, cfg *config.Config) error {
				if req.At, err = parseMoment(at, cfg.Zone()); err != nil {
					return cli.WrongUsage(err)
				}
				trial, err := tryFirst(cmd.Context(), box, req, ids)
				if err != nil {
					return err
				}
				return cli.Printed(cmd, trial, func(out io.Writer) { printTry(out, trial) })
			})
		},
	}
	cli.AddKind(command)
	command.Flags().StringVar(&customer, "customer", "", "whose prompt: the same as IDENTIFIER")
	command.Flags().StringVar(&at, "at", "", "as if it were then, as in 2026-12-24T08:30 (default: now)")
	command.Flags().StringVar(&req.Language, "language", "", "the screen's language (default: [store] locale)")
	command.Flags().StringVar(&req.Lane, "lane", "", "as if she stood there, for rules that speak on some lanes only")
	command.Flags().StringVar(&req.Load, "load", "", "as if the lane were that busy: calm, busy, rush (default: calm)")
	cli.OneOf(command, "load", "calm", "busy", "rush")
	return command
}

// whomToTry gives the identifiers to look under, the first first; none: a stranger.
func whomToTry(cmd *cobra.Command, args []string, customer string) ([]edge.Identifier, error) {
	if customer != "" && len(args) > 0 {
		return nil, cli.WrongUsage(errors.New("give IDENTIFIER or --customer, not both"))
	}
	either := customer != "" && !cmd.Flags().Changed("kind")
	if customer != "" {
		args = []string{customer}
	}
	if len(args) == 0 {
		return nil, nil
	}
	id, err := cli.Identifier(cmd, args[0])
	if err != nil {
		return nil, err
	}
	if either {
		return []edge.Identifier{{Kind: edge.KindCustomer, Value: id.Value}, id}, nil
	}
	return []edge.Identifier{id}, nil
}

// tryFirst tries the first identifier that names somebody. Where none does, it is what a screen would show then: a stranger's.
func tryFirst(ctx context.Context, box control.Box, req control.TryRequest, ids []edge.Identifier) (trial control.Trial, err error) {
	if len(ids) == 0 {
		return box.Try(ctx, req)
	}
	for _, req.Identifier = range ids {
		if trial, err = box.Try(ctx, req); !errors.Is(err, edge.ErrNotFound) {
			break
		}
	}
	why := ""
	switch {
	case errors.Is(err, edge.ErrNotFound):
		why = "nobody here is known by that identifier (is --kind right?): the screen greets a stranger"
	case errors.Is(err, edge.ErrAmbiguous):
		why = "that identifier belongs to more than one customer, so the screen claims to know none: it greets a stranger"
	default:
		return trial, err
	}
	req.Identifier = edge.Identifier{}
	trial, err = box.Try(ctx, req)
	trial.Stranger = why
	return trial, err
}

// parseMoment reads a time with a zone, or one in the store's.
func parseMoment(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Now(), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("--at is a time, as in 2026-12-24T08:30; it is %q", text)
}

func printTry(out io.Writer, t control.Trial) {
	who := t.Who
	cli.Fields(out,
		"stranger", t.Stranger,
		"greeting", who.Greeting,
		"name", who.Name,
		"say", who.Say,
		"stage", string(who.Stage)+" ("+t.StageWhy+")",
		"since", who.Since,
		"remember", lineText(t.Remember),
		"do", lineText(t.Do),
		"ask", lineText(t.Ask),
		"avoid", lineText(t.Avoid),
		"farewell", t.Farewell,
	)
	fmt.Fprintln(out)
	rows := make([][]string, len(t.Considered))
	for i, c := range t.Considered {
		mark := ""
		if c.Chosen {
			mark = "→"
		}
		rows[i] = []string{mark, c.Line, c.Rule, priority(c), welcome(c), reason(c), c.Text}
	}
	cli.Table(out, "|LINE|RULE|PRIORITY|WELCOME|WHY|TEXT", rows)
}

// priority is a rule's, and by how much verdicts move it.
func priority(c control.Candidate) string {
	if c.Moved == 0 {
		return fmt.Sprint(c.Priority)
	}
	return fmt.Sprintf("%d%+d", c.Priority, c.Moved)
}

func welcome(c control.Candidate) string {
	if c.Welcome == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", c.Welcome)
}

// reason is why a candidate won or lost, with what the screen tells of it and the verdicts on its rule.
func reason(c control.Candidate) string {
	all := []string{c.Reason}
	for _, each := range []string{c.Why, c.Verdicts} {
		if each != "" {
			all = append(all, each)
		}
	}
	return strings.Join(all, "; ")
}

func lineText(line *edge.Line) string {
	if line == nil {
		return ""
	}
	return line.Text
}
