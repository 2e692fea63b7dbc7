// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/config"
	"redbench/daemon/service"
	"redbench/packaging"
)

// done is what a verb that steers the service prints as JSON.
type done struct {
	Service string        `json:"service"`
	State   service.State `json:"state"`
	Changed bool          `json:"changed"`
}

// newManager makes the service manager for the configuration that the service will read: the file alone, as it will
// not have this shell's environment.
func newManager(cmd *cobra.Command) (*service.Manager, string, error) {
	path := configPath(cmd)
	if path == "" {
		path = config.DefaultFile()
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, "", fmt.Errorf("finding the configuration: %w", err)
	}
	cfg, err := config.Load(path, nil)
	if _, absent := os.Stat(path); errors.Is(absent, fs.ErrNotExist) {
		cfg, err = config.Parse(path, "", nil) // install writes it
	}
	if err != nil {
		return nil, "", err
	}
	manager, err := service.New(service.Options{Config: path, StateDir: cfg.State.Dir, Sample: packaging.Sample})
	return manager, path, err
}

func newInstallCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "install",
		Short: "Install the service, so that the box starts with the machine",
		Long: `Installs the service for this program: a user of its own, the state directory, a configuration to start from where
there is none, and the unit. It may be run again: what stands as it should is left alone, and what is older is brought
up to date.`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			manager, path, err := newManager(cmd)
			if err != nil {
				return err
			}
			changed, err := manager.Install()
			if err != nil {
				return err
			}
			return steered(cmd, manager, changed, func(out io.Writer) {
				if !changed {
					fmt.Fprintln(out, "The service is installed already, and up to date.")
					return
				}
				fmt.Fprintf(out, "The service is installed. It reads %s.\n%s starts it now; from then on it starts with the machine.\n", path, cli.Hint(cmd, "start"))
			})
		},
	}
}

func newUninstallCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "uninstall",
		Short: "Stop the service and take it out; configuration and state stay",
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			manager, _, err := newManager(cmd)
			if err != nil {
				return err
			}
			changed, err := manager.Uninstall()
			if err != nil {
				return err
			}
			return steered(cmd, manager, changed, func(out io.Writer) {
				if !changed {
					fmt.Fprintln(out, "The service was not installed.")
					return
				}
				fmt.Fprintln(out, "The service is stopped and taken out. Its configuration and state are still there.")
			})
		},
	}
}

func newStartCommand() *cobra.Command {
	return newSteerCommand("start", "Start the service", "The service runs.", (*service.Manager).Start)
}

func newStopCommand() *cobra.Command {
	return newSteerCommand("stop", "Stop the service", "The service is stopped.", (*service.Manager).Stop)
}

func newRestartCommand() *cobra.Command {
	return newSteerCommand("restart", "Stop the service and start it again", "The service runs.", (*service.Manager).Restart)
}

func newSteerCommand(use, short, told string, do func(*service.Manager) error) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			manager, _, err := newManager(cmd)
			if err != nil {
				return err
			}
			if err := do(manager); err != nil {
				return advised(cmd, err)
			}
			return steered(cmd, manager, true, func(out io.Writer) { fmt.Fprintln(out, told) })
		},
	}
}

func steered(cmd *cobra.Command, manager *service.Manager, changed bool, human func(io.Writer)) error {
	state, err := manager.Status()
	if err != nil {
		return err
	}
	return cli.Printed(cmd, done{Service: service.Name, State: state, Changed: changed}, human)
}
