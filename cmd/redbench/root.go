// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"redbench/daemon/config"
)

// run is the whole program: arguments in, exit code out.
func run(args []string, in io.Reader, out, messages io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends what does not end by itself

	understood := false
	root := newRoot(&understood)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(messages)
	verb, err := root.ExecuteContextC(ctx)
	if err != nil && !understood {
		err = wrongUsage(fmt.Errorf("%w; `%s --help` explains", err, program()+strings.TrimPrefix(verb.CommandPath(), "redbench")))
	}
	return report(messages, err)
}

// newRoot makes the command and its verbs. understood becomes true once the command line has been: an error before that
// is one of usage.
func newRoot(understood *bool) *cobra.Command {
	root := &cobra.Command{
		Use:   "redbench",
		Short: "Remember the customer at the till",
		Long: `Redbench hears the tills, knows the customer, and shows the cashier one short "remember her".

Try it with: redbench demo`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          knownVerb,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRun: func(*cobra.Command, []string) {
			*understood = true
		},
	}
	flags := root.PersistentFlags()
	flags.String("config", "", "configuration file (default "+config.DefaultFile()+", or REDBENCH_CONFIG)")
	flags.Bool("json", false, "print the result as JSON")
	root.AddGroup(
		&cobra.Group{ID: groupTry, Title: "Try it:"},
		&cobra.Group{ID: groupBox, Title: "The box:"},
		&cobra.Group{ID: groupScreens, Title: "Screens:"},
		&cobra.Group{ID: groupCustomers, Title: "Customers:"},
		&cobra.Group{ID: groupLook, Title: "Look and check:"},
	)
	add(root, groupTry, newDemoCommand(), newSimulateCommand(), newReplayCommand())
	add(root, groupBox, newRunCommand(), newInstallCommand(), newUninstallCommand(), newStartCommand(), newStopCommand(),
		newRestartCommand(), newStatusCommand(), newEnrollCommand())
	add(root, groupScreens, newPairCommand(), newScreensCommand())
	add(root, groupCustomers, newImportCommand(), newForgetCommand(), newCustomerCommand())
	add(root, groupLook, newQuarantineCommand(), newPlaybookCommand(), newAdapterCommand(), newConfigCommand(), newVersionCommand())
	return root
}

const (
	groupTry       = "try"
	groupBox       = "box"
	groupScreens   = "screens"
	groupCustomers = "customers"
	groupLook      = "look"
)

func add(root *cobra.Command, group string, verbs ...*cobra.Command) {
	for _, verb := range verbs {
		verb.GroupID = group
		root.AddCommand(verb)
	}
}

// parent makes a verb that only holds others.
func parent(use, short string, verbs ...*cobra.Command) *cobra.Command {
	command := &cobra.Command{Use: use, Short: short, Args: needVerb}
	command.RunE = func(*cobra.Command, []string) error { return nil } // unreachable: needVerb always refuses
	command.AddCommand(verbs...)
	return command
}

// loadConfig reads the configuration that --config, REDBENCH_CONFIG or nobody names.
func loadConfig(cmd *cobra.Command) (*config.Config, error) {
	return config.Load(configPath(cmd), os.Environ())
}

// configPath is what --config or REDBENCH_CONFIG names; empty: nobody named one.
func configPath(cmd *cobra.Command) string {
	if path, err := cmd.Flags().GetString("config"); err == nil && path != "" {
		return path
	}
	return os.Getenv("REDBENCH_CONFIG")
}

// wantsJSON reports whether the result is printed as JSON.
func wantsJSON(cmd *cobra.Command) bool {
	yes, err := cmd.Flags().GetBool("json")
	return err == nil && yes
}
