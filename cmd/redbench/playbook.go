// SPDX-License-Identifier: Apache-2.0

package main

import (
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
		Long:  `Reads FILE, or the configured playbook, and tells what is wrong with it. Exit code 0: nothing is.`,
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := playbookFile(cmd, args)
			if err != nil {
				return err
			}
			book, err := readPlaybook(path)
			if err != nil {
				return err
			}
			result := map[string]any{"ok": true, "name": book.Name(), "rules": book.Rules(), "languages": book.Languages()}
			return cli.Printed(cmd, result, func(out io.Writer) {
				fmt.Fprintf(out, "%s: nothing is wrong. %s in %s.\n", book.Name(), cli.Count(book.Rules(), "rule", "rules"),
					strings.Join(book.Languages(), ", "))
			})
		},
	}
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
