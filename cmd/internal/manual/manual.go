// SPDX-License-Identifier: Apache-2.0

// Package manual writes what a package lays beside a program: its manual pages and its completions, from the verbs that it
// really has. It is built in only where packages are made (the build tag "manual"), and shipped to nobody.
package manual

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
)

// Run is a whole program: the folder to write to is its only argument. SOURCE_DATE_EPOCH dates the pages.
func Run(newRoot func() *cobra.Command, args []string) int {
	if err := write(cli.Ready(newRoot()), args); err != nil {
		fmt.Fprintln(os.Stderr, "manual:", err)
		return 1
	}
	return 0
}

func write(root *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("one folder is needed; %d were given", len(args))
	}
	dir := args[0]
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("reading SOURCE_DATE_EPOCH: %w", err)
	}
	root.InitDefaultCompletionCmd()
	if err := completions(root, dir); err != nil {
		return fmt.Errorf("writing completions: %w", err)
	}
	return pages(root, dir, time.Unix(seconds, 0).UTC())
}

func completions(root *cobra.Command, dir string) error {
	if err := root.GenBashCompletionFileV2(filepath.Join(dir, root.Name()+".bash"), true); err != nil {
		return err
	}
	if err := root.GenZshCompletionFile(filepath.Join(dir, "_"+root.Name())); err != nil {
		return err
	}
	return root.GenFishCompletionFile(filepath.Join(dir, root.Name()+".fish"), true)
}

// pages writes a page for the command and for each verb below it that people may type.
func pages(command *cobra.Command, dir string, date time.Time) error {
	file := filepath.Join(dir, pageName(command)+".1")
	if err := os.WriteFile(file, []byte(page(command, date)), 0o644); err != nil {
		return fmt.Errorf("writing a page: %w", err)
	}
	for _, verb := range verbs(command) {
		if err := pages(verb, dir, date); err != nil {
			return err
		}
	}
	return nil
}

func verbs(command *cobra.Command) []*cobra.Command {
	var found []*cobra.Command
	for _, verb := range command.Commands() {
		if verb.IsAvailableCommand() && verb.Name() != "help" {
			found = append(found, verb)
		}
	}
	return found
}

func pageName(command *cobra.Command) string {
	return strings.ReplaceAll(command.CommandPath(), " ", "-")
}
