// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"redbench/daemon"
	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
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

// identifierKinds are what --kind takes.
var identifierKinds = []edge.IdentifierKind{edge.KindCard, edge.KindPhone, edge.KindEmail, edge.KindApp, edge.KindCustomer}

// addKind adds --kind to a verb that takes an identifier.
func addKind(cmd *cobra.Command) {
	names := make([]string, len(identifierKinds))
	for i, kind := range identifierKinds {
		names[i] = string(kind)
	}
	cmd.Flags().String("kind", string(edge.KindCard), "what the identifier is: "+strings.Join(names, ", "))
}

// identifier reads one from the arguments. A dash reads it from standard input, where neither the shell's history nor
// the list of processes shows it.
func identifier(cmd *cobra.Command, value string) (edge.Identifier, error) {
	kind, err := cmd.Flags().GetString("kind")
	if err != nil {
		return edge.Identifier{}, err
	}
	id := edge.Identifier{Kind: edge.IdentifierKind(kind), Value: value}
	if !id.Kind.Valid() {
		return id, wrongUsage(fmt.Errorf("--kind is card, phone, email, app or customer; it is %q", kind))
	}
	if value == "-" {
		raw, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), 4096))
		if err != nil {
			return id, fmt.Errorf("reading the identifier: %w", err)
		}
		id.Value = string(raw)
	}
	if id.Value = strings.TrimSpace(id.Value); id.Value == "" {
		return id, wrongUsage(errors.New("the identifier is empty"))
	}
	return id, nil
}
