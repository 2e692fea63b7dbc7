// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config/keyed"
	"redbench/sync/hq/config"
)

// stamped is set by the linker: -X main.stamped=v1.2.3
var stamped string

// newRoot makes the command and its verbs.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "redbench-hq",
		Short: "Head office of a chain's Redbench boxes",
		Long: `Redbench's head office keeps what the stores of a chain learn, tells each store what it needs of the others, and sees to
it that whoever asks to be forgotten is forgotten everywhere.

Try it with: redbench-hq serve`,
	}
	flags := root.PersistentFlags()
	flags.String("config", "", "configuration file (default "+config.DefaultFile()+", or REDBENCH_HQ_CONFIG)")
	flags.String("state-dir", "", "the state directory, over [state] dir")
	flags.String("database", "", "the database, over [database] url")
	cli.Add(root, "run", "Run it:", newServeCommand(), newBackupCommand(), newRestoreCommand())
	cli.Add(root, "stores", "Stores:", newStoreCommand(), newPlaybookCommand())
	cli.Add(root, "customers", "Customers:", newImportCommand(), newExportCommand(), newForgetCommand())
	cli.Add(root, "look", "Look and check:", newDoctorCommand(), newUserCommand(), newConfigCommand(), cli.NewVersionCommand(cli.Version(stamped)))
	return root
}

// loadConfig reads the configuration that --config, REDBENCH_HQ_CONFIG or nobody names.
func loadConfig(cmd *cobra.Command) (*config.Config, error) {
	given := keyed.Given{}
	for _, s := range config.Default().Sections() {
		for _, k := range s.Keys {
			if flag := cmd.Flags().Lookup(k.Flag); k.Flag != "" && flag != nil && flag.Changed {
				given[k.Name()] = flag.Value.String()
			}
		}
	}
	return config.Load(configPath(cmd), os.Environ(), given)
}

// configPath is what --config or REDBENCH_HQ_CONFIG names; empty: nobody named one.
func configPath(cmd *cobra.Command) string {
	if path, err := cmd.Flags().GetString("config"); err == nil && path != "" {
		return path
	}
	return os.Getenv("REDBENCH_HQ_CONFIG")
}
