// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"redbench/cmd/internal/cli"
	"redbench/daemon/owner"
	"redbench/edge/backup"
	"redbench/edge/seal"
	"redbench/sync/hq"
	"redbench/sync/hq/config"
	"redbench/sync/hq/store"
)

// office is head office, opened: by serve, or by a verb beside it.
type office struct {
	*hq.HQ
	store *store.Store
}

// openOffice makes the state directory and what belongs into it where they are not there.
func openOffice(ctx context.Context, cfg *config.Config, log *slog.Logger) (*office, error) {
	// What SQLite writes beside the database for a while lies in the state directory too: it is as secret as that.
	if err := os.Setenv("SQLITE_TMPDIR", cfg.State.Dir); err != nil {
		return nil, err
	}
	if err := finishRestore(cfg.State.Dir); err != nil {
		return nil, err
	}
	keys, err := seal.OpenChain(cfg.State.Dir)
	if err != nil {
		return nil, fmt.Errorf("opening the chain's keys: %w", err)
	}
	opened, err := store.Open(ctx, store.Options{Dir: cfg.State.Dir, Fingerprint: keys.Fingerprint(), Log: log})
	if err != nil {
		return nil, err
	}
	made, err := hq.New(hq.Options{Store: opened, Keys: keys, Log: log})
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return &office{HQ: made, store: opened}, nil
}

// Close ends what goes on, then closes the database.
func (o *office) Close() error { return errors.Join(o.HQ.Close(), o.store.Close()) }

// withOffice runs do on head office, whether it is being served beside this verb or not. A state directory that was never
// used is an error: a mistyped one must not become a second chain with keys of its own.
func withOffice(cmd *cobra.Command, do func(*office, *config.Config) error) error {
	cfg, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	switch _, err := os.Stat(filepath.Join(cfg.State.Dir, store.File)); {
	case errors.Is(err, fs.ErrNotExist) && backup.Unfinished(cfg.State.Dir): // a restore died with it on its way; opening ends it
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s ([state] dir) holds no head office yet; %s makes one", cfg.State.Dir, cli.Hint(cmd, "serve"))
	case err != nil:
		return fmt.Errorf("opening head office: %w", err)
	}
	if err := owner.Become(cfg.State.Dir); err != nil {
		return err
	}
	o, err := openOffice(cmd.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(do(o, cfg), o.Close())
}
