// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"redbench/daemon/config"
	"redbench/edge"
	"redbench/edge/playbook"
	"redbench/edge/seal"
	"redbench/edge/store"
)

// rules is a playbook in use, and where it comes from.
type rules struct {
	*playbook.Playbook
	version int // of head office's; 0: the store's own file, or the one that is built in
}

// findRules finds the playbook to use: the store's own file where one is configured, else the last one of head office's
// that can be used, else the one that is built in. One of head office's that cannot be used is refused, which it is
// told; the one before it holds on.
func findRules(ctx context.Context, c *config.Config, keys *seal.Box, s *store.Store, log *slog.Logger) (rules, error) {
	if c.Playbook.File != "" {
		if published, err := s.Playbook(ctx); err == nil {
			log.Warn("head office's playbook is not used, since [playbook] file names another", "version", published.Version, "file", c.Playbook.File)
		}
		own, err := loadPlaybook(c.Playbook.File)
		return rules{own, 0}, err
	}
	for {
		published, err := s.Playbook(ctx)
		if errors.Is(err, edge.ErrNotFound) {
			return rules{playbook.Default(), 0}, nil
		}
		if err != nil {
			return rules{}, err
		}
		loaded, err := readPublished(published, keys)
		if err == nil {
			return rules{loaded, published.Version}, nil
		}
		log.Error("head office's playbook is refused; the one before it holds on", "version", published.Version, "error", err)
		if err := s.RefusePlaybook(ctx, published.Version, err.Error()); err != nil {
			return rules{}, err
		}
	}
}

func loadPlaybook(file string) (*playbook.Playbook, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("opening the playbook ([playbook] file): %w", err)
	}
	defer func() { _ = f.Close() }()
	return playbook.Load(f, filepath.Base(file))
}

// readPublished checks head office's signature and reads the playbook.
func readPublished(p edge.Published, keys *seal.Box) (*playbook.Playbook, error) {
	chain, enrolled := keys.Chain()
	if !enrolled || len(chain.Playbook) != ed25519.PublicKeySize ||
		!ed25519.Verify(chain.Playbook, p.Message(), p.Signature) {
		return nil, errors.New("its signature is not head office's")
	}
	if len(p.Body) == 0 {
		return playbook.Default(), nil
	}
	return playbook.Load(bytes.NewReader(p.Body), fmt.Sprintf("head office's version %d", p.Version))
}

// useRules takes the playbook that is to be used now.
func (a *App) useRules(ctx context.Context) error {
	found, err := findRules(ctx, a.Config, a.keys, a.store, a.Log)
	if err != nil {
		return err
	}
	a.serve.SetPlaybook(found.Playbook)
	a.rules.Store(int64(found.version))
	a.Log.Info("playbook", "name", found.Name(), "head_office_version", found.version)
	return nil
}
