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
	path, err := serviceConfig(cmd)
	if err != nil {
		return nil, "", err
	}
	cfg, err := config.Load(path, nil)
	if _, absent := os.Stat(path); errors.Is(absent, fs.ErrNotExist) {
		cfg, err = config.Parse(path, "", nil) // install writes it
	}
	if err != nil {
		return nil, "", err
	}
	manager, err := service.New(service.Options{Config: path, StateDir: cfg.State.Dir, BackupDir: cfg.Backup.Dir})
	return manager, path, err
}

// serviceConfig is the file that the service reads, absolute.
func serviceConfig(cmd *cobra.Command) (string, error) {
	path := configPath(cmd)
	if path == "" {
		path = config.DefaultFile()
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding the configuration: %w", err)
	}
	return path, nil
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
				fmt.Fprintln(out, uninstalled(manager.Packaged() != "", changed))
			})
		},
	}
}

func uninstalled(packaged, changed bool) string {
	switch {
	case packaged && changed:
		return "The service is stopped, and no longer starts with the machine. It came with a package: `apt-get remove redbench` " +
			"(or `dnf remove redbench`) takes the program out; configuration and state stay."
	case packaged:
		return "The service was stopped and disabled already. It came with a package: `apt-get remove redbench` (or `dnf remove " +
			"redbench`) takes the program out."
	case changed:
		return "The service is stopped and taken out. Its configuration and state are still there."
	}
	return "The service was not installed."
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

func newSteerCommand(use, short, told string, do func(*service.Manager) (bool, error)) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) error {
			manager, _, err := newManager(cmd)
			if err != nil {
				return err
			}
			changed, err := do(manager)
			if err != nil {
				return advised(cmd, err)
			}
			return steered(cmd, manager, changed, func(out io.Writer) { fmt.Fprintln(out, told) })
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
