// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
)

// newRoot makes the command and its verbs.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "redbench",
		Short: "Remember the customer at the till",
		Long: `Redbench hears the tills, knows the customer, and shows the cashier one short "remember her".

Try it with: redbench demo`,
	}
	flags := root.PersistentFlags()
	flags.String("config", "", "configuration file (default "+config.DefaultFile()+", or REDBENCH_CONFIG)")
	cli.Add(root, "try", "Try it:", newDemoCommand(), newSimulateCommand(), newReplayCommand())
	cli.Add(root, "box", "The box:", newRunCommand(), newInstallCommand(), newUninstallCommand(), newStartCommand(), newStopCommand(),
		newRestartCommand(), newStatusCommand(), newEnrollCommand(), newBackupCommand(), newRestoreCommand())
	cli.Add(root, "screens", "Screens:", newPairCommand(), newScreensCommand())
	cli.Add(root, "customers", "Customers:", newImportCommand(), newExportCommand(), newForgetCommand(), newCustomerCommand())
	cli.Add(root, "look", "Look and check:", newQuarantineCommand(), newPlaybookCommand(), newAdapterCommand(), newConfigCommand(), newDoctorCommand(), newSupportBundleCommand(), cli.NewVersionCommand(version()))
	return root
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
