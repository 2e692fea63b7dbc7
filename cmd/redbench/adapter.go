// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/edge"
	"redbench/edge/adapt"
	"redbench/edge/guard"
)

func newAdapterCommand() *cobra.Command {
	return cli.Parent("adapter", "Try how another till's messages are read", newAdapterTestCommand())
}

func newAdapterTestCommand() *cobra.Command {
	var topic string
	command := &cobra.Command{
		Use:   "test NAME FILE",
		Short: "Run an [[adapter]] on a message in a file, without anything coming of it",
		Long: `Reads a message as a till would send it, runs the adapter of that name from the configuration, and shows what its
program got, what it made, and which event came of it or why it would be refused. A dash reads standard input.`,
		Example: "  redbench adapter test \"old tills\" scan.json --topic pos/3/scan",
		Args:    cli.AsUsed,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			adapter, err := findAdapter(cfg, args[0])
			if err != nil {
				return cli.WrongUsage(err)
			}
			file, _, err := cli.OpenInput(cmd, args[1])
			if err != nil {
				return err
			}
			defer file.Close()
			payload, err := io.ReadAll(io.LimitReader(file, int64(cfg.Limits.MessageBytes)+1))
			if err != nil {
				return fmt.Errorf("reading the message: %w", err)
			}
			return tryAdapter(cmd, cfg, adapter, edge.Message{Topic: topic, Payload: payload, Arrived: time.Now()})
		},
	}
	command.Flags().StringVar(&topic, "topic", "", "as if it had come on this topic (default: one that the adapter's filter fits, lane 1)")
	return command
}

func findAdapter(cfg *config.Config, name string) (adapt.Adapter, error) {
	var names []string
	for _, a := range cfg.Adapters {
		if a.Name == name {
			return adapt.Adapter{Name: a.Name, Topic: a.Topic, Format: a.Format, Program: a.Program, DropCards: a.DropCards}, nil
		}
		names = append(names, fmt.Sprintf("%q", a.Name))
	}
	if len(names) == 0 {
		return adapt.Adapter{}, fmt.Errorf("the configuration has no [[adapter]]; docs/configuration.md tells how to write one")
	}
	return adapt.Adapter{}, fmt.Errorf("no [[adapter]] is called %q; there is %s", name, strings.Join(names, ", "))
}

func tryAdapter(cmd *cobra.Command, cfg *config.Config, adapter adapt.Adapter, msg edge.Message) error {
	options := adapt.Options{Store: cfg.Store.ID, Guard: guard.New(cfg.Privacy.LoyaltyPrefixes), MaxSize: cfg.Limits.MessageBytes}
	trial, err := adapt.Try(adapter, options, msg)
	if err != nil {
		return fmt.Errorf("adapter %q: %w", adapter.Name, err)
	}
	if err := cli.Printed(cmd, trial, func(out io.Writer) { printTrial(out, trial) }); err != nil {
		return err
	}
	if trial.Rejected != "" {
		return cli.Silent{Code: cli.ExitFailed}
	}
	return nil
}

func printTrial(out io.Writer, t adapt.Trial) {
	fmt.Fprintf(out, "topic    %s\n", cli.Visible(t.Topic))
	fmt.Fprintf(out, "input    %s\n", indented(t.Input))
	for _, each := range t.Outputs {
		fmt.Fprintf(out, "output   %s\n", indented(each))
	}
	for _, each := range t.Events {
		fmt.Fprintf(out, "event    %s\n", indented(each))
	}
	switch {
	case t.Rejected != "":
		fmt.Fprintf(out, "refused  %s\n", cli.Visible(t.Rejected))
	case len(t.Events) == 0:
		fmt.Fprintln(out, "nothing  the program says that the message does not concern Redbench")
	default:
		fmt.Fprintln(out, "It would be accepted.")
	}
}

func indented(value any) string {
	text, err := json.MarshalIndent(value, "         ", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}
