// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/edge/playbook"
)

func newPlaybookCommand() *cobra.Command {
	return cli.Parent("playbook", "Check and see what screens say", newPlaybookCheckCommand(), newPlaybookShowCommand(), newPlaybookTryCommand())
}

// playbookFile is the configured playbook's file, or the one that is named; empty: the built-in one.
func playbookFile(cmd *cobra.Command, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	cfg, err := loadConfig(cmd)
	if err != nil {
		return "", err
	}
	return cfg.Playbook.File, nil
}

func newPlaybookCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Say what is wrong with a playbook, line by line",
		Long: `Reads FILE, or the configured playbook, and tells what is wrong with it: mistakes that keep it from being used, and what
no screen should say (formulas of selling, offers, sums, lines too long for a glance, more familiarity than a customer's
stage allows, a rule that never speaks). Exit code 0: nothing is.`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := playbookFile(cmd, args)
			if err != nil {
				return err
			}
			book, err := readPlaybook(path)
			checked, err := checkPlaybook(book, err)
			if err != nil {
				return err
			}
			return checked.tell(cmd)
		},
	}
}

// checkedPlaybook is what `playbook check --json` prints.
type checkedPlaybook struct {
	OK        bool               `json:"ok"`
	Name      string             `json:"name"`
	Rules     int                `json:"rules"`
	Languages []string           `json:"languages,omitempty"`
	Problems  []playbook.Problem `json:"problems,omitempty"`
}

// checkPlaybook gathers what is wrong: what kept the playbook from being loaded, or what it says. An error that is about no
// playbook comes back.
func checkPlaybook(book *playbook.Playbook, err error) (checkedPlaybook, error) {
	if err == nil {
		problems := playbook.Check(book)
		return checkedPlaybook{OK: len(problems) == 0, Name: book.Name(), Rules: book.Rules(), Languages: book.Languages(), Problems: problems}, nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return checkedPlaybook{}, err
	}
	out := checkedPlaybook{}
	for _, each := range joined.Unwrap() {
		mistake, ok := errors.AsType[*playbook.Mistake](each)
		if !ok {
			return checkedPlaybook{}, err
		}
		out.Name = mistake.File
		out.Problems = append(out.Problems, playbook.Problem{At: mistake.Line, Kind: "mistake", Detail: mistake.Text})
	}
	return out, nil
}

func (c checkedPlaybook) tell(cmd *cobra.Command) error {
	if c.OK || cli.WantsJSON(cmd) {
		err := cli.Printed(cmd, c, func(out io.Writer) {
			fmt.Fprintf(out, "%s: nothing is wrong. %s in %s.\n", c.Name, cli.Count(c.Rules, "rule", "rules"), strings.Join(c.Languages, ", "))
		})
		if err == nil && !c.OK {
			return cli.Silent{Code: cli.ExitFailed}
		}
		return err
	}
	all := []error{fmt.Errorf("%s: %s", c.Name, cli.Count(len(c.Problems), "thing is wrong", "things are wrong"))}
	for _, each := range c.Problems {
		all = append(all, errors.New(c.line(each)))
	}
	return errors.Join(all...)
}

// line is one problem as people read it.
func (c checkedPlaybook) line(p playbook.Problem) string {
	if p.Kind == "mistake" {
		return (&playbook.Mistake{File: c.Name, Line: p.At, Text: p.Detail}).Error()
	}
	return p.In(c.Name)
}

func readPlaybook(path string) (*playbook.Playbook, error) {
	if path == "" {
		return playbook.Default(), nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the playbook: %w", err)
	}
	defer file.Close()
	return playbook.Load(file, filepath.Base(path))
}

func newPlaybookShowCommand() *cobra.Command {
	var builtin bool
	command := &cobra.Command{
		Use:   "show",
		Short: "Print the playbook in use",
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := ""
			if !builtin {
				var err error
				if path, err = playbookFile(cmd, nil); err != nil {
					return err
				}
			}
			text := playbook.DefaultFile()
			if path != "" {
				raw, err := os.ReadFile(path)
				if err != nil {
					return fmt.Errorf("reading the playbook: %w", err)
				}
				text = string(raw)
			}
			return cli.Printed(cmd, map[string]string{"file": path, "text": text}, func(out io.Writer) { fmt.Fprint(out, text) })
		},
	}
	command.Flags().BoolVar(&builtin, "default", false, "print the built-in one, to start one's own from")
	return command
}
