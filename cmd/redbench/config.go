// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/edge/playbook"
)

func newConfigCommand() *cobra.Command {
	return cli.Parent("config", "Show and check the configuration", newConfigShowCommand(), newConfigCheckCommand())
}

func newConfigShowCommand() *cobra.Command {
	var sample bool
	command := &cobra.Command{
		Use:   "show",
		Short: "Print the configuration as it holds, and where each value came from",
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if sample {
				_, err := io.WriteString(cmd.OutOrStdout(), config.Sample())
				return err
			}
			cfg, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			return cli.Printed(cmd, cfg.Map(), func(out io.Writer) {
				fmt.Fprintf(out, "# %s\n", source(cfg))
				fmt.Fprint(out, cfg.Show())
			})
		},
	}
	command.Flags().BoolVar(&sample, "sample", false, "print a file to start from, with every key, its meaning and its default")
	return command
}

func source(cfg *config.Config) string { return cli.ConfigSource(cfg.File, config.DefaultFile()) }

func newConfigCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Say what is wrong with the configuration, line by line",
		Long: `Reads the configuration as "redbench run" would, opens every file that it names, and tells all that is wrong: with exit
code 2, or 0 when nothing is.`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if err := cmd.Flags().Set("config", args[0]); err != nil {
					return cli.WrongUsage(err)
				}
			}
			cfg, err := loadConfig(cmd)
			if err != nil {
				return cli.BadConfig(cmd, configPath(cmd), err)
			}
			if err := cfg.CheckFiles(); err != nil {
				return cli.BadConfig(cmd, configPath(cmd), cli.WrongUsage(err))
			}
			warnings, err := checkConfiguredPlaybook(cfg)
			if err != nil {
				return cli.BadConfig(cmd, configPath(cmd), cli.WrongUsage(err))
			}
			return cli.GoodConfig(cmd, cfg.File, source(cfg), append(cfg.Warnings, warnings...))
		},
	}
}

// checkConfiguredPlaybook loads the configured playbook as the daemon will. What it says that no screen should is a warning: a
// box does not stop over taste.
func checkConfiguredPlaybook(cfg *config.Config) (warnings []string, err error) {
	if cfg.Playbook.File == "" {
		return nil, nil
	}
	f, err := os.Open(cfg.Playbook.File)
	if err != nil {
		return nil, fmt.Errorf("[playbook] file: %w", err)
	}
	defer func() { _ = f.Close() }()
	book, err := playbook.Load(f, filepath.Base(cfg.Playbook.File))
	if err != nil {
		return nil, err
	}
	if problems := playbook.Check(book); len(problems) > 0 {
		warnings = append(warnings, fmt.Sprintf("[playbook] file says what no screen should, in %s: redbench playbook check %s tells each",
			cli.Count(len(problems), "place", "places"), cfg.Playbook.File))
	}
	return warnings, nil
}
