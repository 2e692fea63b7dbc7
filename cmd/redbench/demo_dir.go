// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"redbench/daemon/control"
)

// demoMark is a file that says: a demo made this directory, so a demo may wipe it.
const demoMark = "made-by-redbench-demo"

// demoDir gives the demo's own directory, empty unless the last demo's is kept. It wipes only what a demo made: a
// directory that holds anything else is refused.
func demoDir(ctx context.Context, dir string, keep bool) (string, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("finding a place for the demo: %w; name one with --dir", err)
		}
		dir = filepath.Join(cache, "redbench", "demo")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding a place for the demo: %w", err)
	}
	ours, err := isDemoDir(dir)
	if err != nil {
		return "", err
	}
	if ours && runs(ctx, filepath.Join(dir, "state")) {
		return "", fmt.Errorf("a demo is running in %s; end it first, or name another directory with --dir", dir)
	}
	if ours && !keep {
		if err := os.RemoveAll(dir); err != nil {
			return "", fmt.Errorf("wiping the last demo: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the demo's directory: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, demoMark), nil, 0o600); err != nil {
		return "", fmt.Errorf("making the demo's directory: %w", err)
	}
	return dir, nil
}

// isDemoDir tells whether a demo made the directory; what is neither empty nor a demo's is an error.
func isDemoDir(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking into the demo's directory: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, demoMark)); err == nil {
		return true, nil
	}
	if len(entries) > 0 {
		return false, fmt.Errorf("%s holds files that no demo made, and a demo wipes its directory; name another with --dir", dir)
	}
	return false, nil
}

// runs tells whether a daemon answers from this state directory.
func runs(ctx context.Context, state string) bool {
	client, err := control.Dial(ctx, state)
	if err != nil {
		return false
	}
	_ = client.Close()
	return true
}
