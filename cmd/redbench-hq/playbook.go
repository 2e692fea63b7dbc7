// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/edge"
	"redbench/edge/playbook"
	"redbench/sync/hq"
	"redbench/sync/hq/config"
)

func newPlaybookCommand() *cobra.Command {
	return cli.Parent("playbook", "What screens say in every store, and whether they say anything", newPublishCommand(), newPlaybookStatusCommand(), newSilenceCommand())
}

func newPublishCommand() *cobra.Command {
	var first []string
	var everyone bool
	command := &cobra.Command{
		Use:   "publish [FILE]",
		Short: "Give out a playbook: to some stores first, or to everyone",
		Long: `Checks a playbook, signs it and gives it out: with --first to those stores alone, until --everyone without a file gives
all stores the same one; without --first to all at once. When a box cannot use it, every store goes back to the last
one that all had.`,
		Example: "  redbench-hq playbook publish winter.toml --first harbour,hill\n  redbench-hq playbook publish --everyone",
		Args:    cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && !everyone:
				return cli.WrongUsage(errors.New("publish needs FILE, or --everyone for the one that the first stores have"))
			case len(first) > 0 && everyone:
				return cli.WrongUsage(errors.New("--first and --everyone exclude one another"))
			case len(args) == 0:
				return withOffice(cmd, func(o *office, _ *config.Config) error { return forEveryone(cmd, o) })
			}
			body, err := readPlaybook(args[0])
			if err != nil {
				return err
			}
			return withOffice(cmd, func(o *office, _ *config.Config) error { return publish(cmd, o, body, first) })
		},
	}
	command.Flags().StringSliceVar(&first, "first", nil, "the stores that get it first, by id")
	command.Flags().BoolVar(&everyone, "everyone", false, "to every store; without FILE: what the first stores have")
	return command
}

// readPlaybook checks it here, so that mistakes are told by the name of the file.
func readPlaybook(path string) ([]byte, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("opening the playbook: %w", err)
	}
	book, err := playbook.Load(strings.NewReader(string(body)), filepath.Base(path))
	if err != nil {
		return nil, err
	}
	var wrong []error
	for _, p := range playbook.Check(book) {
		wrong = append(wrong, fmt.Errorf("%s:%d: %s: %s", filepath.Base(path), p.At, p.Kind, p.Detail))
	}
	return body, errors.Join(wrong...)
}

// published is what `playbook publish --json` prints.
type published struct {
	Version  int      `json:"version"`
	Everyone bool     `json:"everyone"`
	First    []string `json:"first,omitempty"`
}

func publish(cmd *cobra.Command, o *office, body []byte, first []string) error {
	made, err := o.PublishPlaybook(cmd.Context(), body, first)
	if err != nil {
		return err
	}
	result := published{Version: made.Version, Everyone: len(first) == 0, First: first}
	return cli.Printed(cmd, result, func(out io.Writer) {
		if result.Everyone {
			fmt.Fprintf(out, "Playbook %d goes to every store. %s tells who has it.\n", result.Version, cli.Hint(cmd, "playbook status"))
			return
		}
		fmt.Fprintf(out, "Playbook %d goes to %s first.\n", result.Version, strings.Join(first, ", "))
		fmt.Fprintf(out, "%s tells how it fares; %s gives it to all.\n", cli.Hint(cmd, "playbook status"), cli.Hint(cmd, "playbook publish --everyone"))
	})
}

func forEveryone(cmd *cobra.Command, o *office) error {
	version, err := o.PlaybookForEveryone(cmd.Context())
	if errors.Is(err, edge.ErrNotFound) {
		return errors.New("no playbook waits to go to everyone")
	}
	if err != nil {
		return err
	}
	return cli.Printed(cmd, published{Version: version, Everyone: true}, func(out io.Writer) {
		fmt.Fprintf(out, "Playbook %d goes to every store.\n", version)
	})
}

func newPlaybookStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Tell which playbook each store has, and who refused one",
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOffice(cmd, func(o *office, _ *config.Config) error {
				view, err := o.PlaybookStatus(cmd.Context())
				if err != nil {
					return err
				}
				return cli.Printed(cmd, view, func(out io.Writer) { printPlaybooks(cmd, out, view) })
			})
		},
	}
}

func printPlaybooks(cmd *cobra.Command, out io.Writer, view hq.PlaybookView) {
	if view.Silent {
		fmt.Fprintf(out, "Prompts are silenced in every store; %s ends it.\n\n", cli.Hint(cmd, "playbook silence off"))
	}
	if len(view.Versions) == 0 {
		fmt.Fprintf(out, "No playbook was published; each store uses its own. %s publishes one.\n", cli.Hint(cmd, "playbook publish FILE"))
		return
	}
	rows := make([][]string, len(view.Versions))
	for i, v := range view.Versions {
		rows[i] = []string{fmt.Sprint(v.Version), cli.Moment(v.At, time.Local), given(v)}
	}
	cli.Table(out, "PLAYBOOK|PUBLISHED|", rows)
	fmt.Fprintln(out)
	rows = make([][]string, len(view.Stores))
	for i, s := range view.Stores {
		rows[i] = []string{s.Store, number(s.InUse, "its own"), number(s.Given, "none"), refusedWhy(s)}
	}
	cli.Table(out, "STORE|IN USE|GIVEN|REFUSED", rows)
}

func given(v hq.PlaybookVersion) string {
	switch {
	case v.Withdrawn != "":
		return "withdrawn: " + v.Withdrawn
	case v.Return > 0:
		return fmt.Sprintf("for everyone: what was in use before %d", v.Return)
	case v.Everyone:
		return "for everyone"
	}
	return "first for " + strings.Join(v.First, ", ")
}

func number(version int, none string) string {
	if version == 0 {
		return none
	}
	return fmt.Sprint(version)
}

func refusedWhy(s hq.PlaybookStore) string {
	if s.Refused == nil {
		return ""
	}
	return fmt.Sprintf("%d: %s", s.Refused.Version, s.Refused.Why)
}

func newSilenceCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "silence on|off",
		Short:     "No prompt in any store, from now on; or prompts again",
		ValidArgs: []string{"on", "off"},
		Args:      cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] != "on" && args[0] != "off" {
				return cli.WrongUsage(fmt.Errorf("silence takes on or off; it is %q", args[0]))
			}
			return withOffice(cmd, func(o *office, _ *config.Config) error { return silence(cmd, o, args[0] == "on") })
		},
	}
}

func silence(cmd *cobra.Command, o *office, on bool) error {
	if err := o.Silence(cmd.Context(), on); err != nil {
		return err
	}
	return cli.Printed(cmd, map[string]bool{"silent": on}, func(out io.Writer) {
		if on {
			fmt.Fprintf(out, "Prompts are silenced: at once in each store that is connected, in the others as soon as they are.\n")
			return
		}
		fmt.Fprintln(out, "Prompts are shown again.")
	})
}
