// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"redbench/daemon/config"
)

func newConfigCommand() *cobra.Command {
	return parent("config", "Show and check the configuration", newConfigShowCommand(), newConfigCheckCommand())
}

func newConfigShowCommand() *cobra.Command {
	var sample bool
	command := &cobra.Command{
		Use:   "show",
		Short: "Print the configuration as it holds, and where each value came from",
		Args:  asUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if sample {
				_, err := io.WriteString(cmd.OutOrStdout(), config.Sample())
				return err
			}
			cfg, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			return printed(cmd, cfg.Map(), func(out io.Writer) {
				fmt.Fprintf(out, "# %s\n", source(cfg))
				fmt.Fprint(out, cfg.Show())
			})
		},
	}
	command.Flags().BoolVar(&sample, "sample", false, "print a file to start from, with every key, its meaning and its default")
	return command
}

func source(cfg *config.Config) string {
	if cfg.File == "" {
		return "no configuration file; " + config.DefaultFile() + " does not exist"
	}
	return cfg.File
}

// checked is what `config check --json` prints.
type checked struct {
	File     string   `json:"file,omitempty"`
	OK       bool     `json:"ok"`
	Warnings []string `json:"warnings"`
	Problems []wrong  `json:"problems"`
}

// wrong is one mistake in a configuration.
type wrong struct {
	Line int    `json:"line,omitempty"` // in the file
	Key  string `json:"key,omitempty"`  // "[section] key", or the variable in the environment
	Text string `json:"text"`
}

// bad tells what is wrong: as JSON on standard output when that is wanted, else as any error.
func bad(cmd *cobra.Command, err error) error {
	if !wantsJSON(cmd) {
		return err
	}
	result := checked{File: configPath(cmd), Warnings: []string{}}
	var told *config.Error
	if errors.As(err, &told) {
		for _, p := range told.Problems {
			result.Problems = append(result.Problems, wrong(p))
		}
	} else {
		for line := range strings.Lines(err.Error()) { // a file each
			result.Problems = append(result.Problems, wrong{Text: strings.TrimSpace(line)})
		}
	}
	if err := printed(cmd, result, nil); err != nil {
		return err
	}
	return silent{exitUsage}
}

func newConfigCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Say what is wrong with the configuration, line by line",
		Long: `Reads the configuration as "redbench run" would, opens every file that it names, and tells all that is wrong: with exit
code 2, or 0 when nothing is.`,
		Args: asUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if err := cmd.Flags().Set("config", args[0]); err != nil {
					return wrongUsage(err)
				}
			}
			cfg, err := loadConfig(cmd)
			if err != nil {
				return bad(cmd, err)
			}
			if err := cfg.CheckFiles(); err != nil {
				return bad(cmd, wrongUsage(err))
			}
			result := checked{File: cfg.File, OK: true, Warnings: append([]string{}, cfg.Warnings...), Problems: []wrong{}}
			return printed(cmd, result, func(out io.Writer) {
				for _, warning := range cfg.Warnings {
					fmt.Fprintf(out, "warning: %s\n", warning)
				}
				fmt.Fprintf(out, "%s: nothing is wrong\n", source(cfg))
			})
		},
	}
}
