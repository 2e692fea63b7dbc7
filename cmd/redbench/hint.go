// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/control"
	"redbench/daemon/service"
)

// advised says what to type where the box must run, or be installed, first.
func advised(cmd *cobra.Command, err error) error {
	switch {
	case errors.Is(err, control.ErrNotRunning), errors.Is(err, control.ErrNeedsDaemon):
		return fmt.Errorf("%w. %s starts the service, %s runs it in this terminal", err, cli.Hint(cmd, "start"), cli.Hint(cmd, "run"))
	case errors.Is(err, service.ErrNotInstalled):
		return fmt.Errorf("%w; %s installs it", err, cli.Hint(cmd, "install"))
	}
	return err
}
