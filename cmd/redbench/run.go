// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon"
	"redbench/daemon/config"
	"redbench/daemon/service"
)

func newRunCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "run",
		Short: "Run the box in the foreground",
		Long: `Runs the box until Ctrl-C or SIGTERM: hears the tills, answers the screens. The log goes to standard error; its first
lines tell the addresses that are really listened on. This is what the service runs.`,
		Args: cli.AsUsed,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			defer func() { service.Tell(err) }()
			shareProcessors()
			path, err := serviceConfig(cmd)
			if err != nil {
				return err
			}
			if err := service.Settle(path); err != nil {
				return err
			}
			cfg, err := loadConfig(cmd)
			if err != nil {
				return err
			}
			out, done, err := logFile(cfg, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer done()
			log := newLogger(cfg.Log, out)
			return service.Run(cmd.Context(), func(ctx context.Context) error {
				return serve(ctx, cfg, log)
			})
		},
	}
	command.Flags().Bool(service.Flag, false, "the service manager runs this")
	_ = command.Flags().MarkHidden(service.Flag) // it is there: defined one line above
	return command
}

func serve(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	app, err := daemon.New(ctx, daemon.Options{Config: cfg, Log: log, Version: version(), Supervised: service.Managed()})
	if err != nil {
		return fmt.Errorf("starting: %w", err)
	}
	return app.Run(ctx)
}

// newLogger writes as [log] says.
func newLogger(c config.Log, out io.Writer) *slog.Logger {
	return slog.New(service.Logged(logHandler(c, out)))
}

func logHandler(c config.Log, out io.Writer) slog.Handler {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // the configuration was checked
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.NewJSONHandler(out, options)
	}
	return slog.NewTextHandler(out, options)
}
