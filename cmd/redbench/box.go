// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"redbench/daemon"
	"redbench/daemon/config"
	"redbench/daemon/control"
)

// withBox runs do on the box: the running daemon, or its store when it is stopped.
func withBox(cmd *cobra.Command, do func(control.Box, *config.Config) error) error {
	cfg, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	options := daemon.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Version: version()}
	box, closer, err := daemon.Open(cmd.Context(), options)
	if err != nil {
		return advised(cmd, err)
	}
	return errors.Join(advised(cmd, do(box, cfg)), closer.Close())
}
