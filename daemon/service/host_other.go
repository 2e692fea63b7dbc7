// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !windows

package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	kardianos "github.com/kardianos/service"
)

const (
	privilege   = "root: try it with sudo"
	whereToLook = ""
	account     = ""
)

func supported(platform string) bool { return platform == "darwin-launchd" }

func osOptions(Options) (kardianos.KeyValue, string) {
	return kardianos.KeyValue{"KeepAlive": true, "RunAtLoad": true}, ""
}

type osHost struct{}

func (osHost) Privileged() bool { return os.Geteuid() == 0 }

func (osHost) Usable(string) error { return nil }

func (osHost) Installed() (string, bool) { return "", false }

func (osHost) Prepare(o Options) error {
	if err := os.MkdirAll(o.StateDir, 0o700); err != nil {
		return fmt.Errorf("making the state directory: %w", err)
	}
	if _, err := os.Stat(o.Config); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(o.Config), 0o755); err != nil {
		return fmt.Errorf("making the configuration's directory: %w", err)
	}
	if err := os.WriteFile(o.Config, []byte(o.Sample), 0o640); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	return nil
}
