// SPDX-License-Identifier: Apache-2.0

package nspawn

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"redbench/cmd/rig/process"
)

// Debian says what to install.
type Debian struct {
	Suite  string // bookworm
	Mirror string
	With   []string // packages beside the least of a system
}

// Default is Debian 12 with systemd and Mosquitto.
func Default() Debian {
	return Debian{Suite: "bookworm", Mirror: "http://deb.debian.org/debian",
		With: []string{"systemd", "systemd-sysv", "dbus", "mosquitto", "iproute2"}}
}

// Tree gives a tree of it below cache, which debootstrap makes where there is none. It is for Copy, not for booting.
func (d Debian) Tree(ctx context.Context, cache string, progress io.Writer) (string, error) {
	tree := filepath.Join(cache, d.Suite+"-"+strings.Join(d.With, "-"))
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("making a place for Debian: %w", err)
	}
	lock := flock.New(tree + ".lock")
	if err := lock.Lock(); err != nil {
		return "", fmt.Errorf("waiting for another debootstrap: %w", err)
	}
	defer func() { _ = lock.Unlock() }()
	if _, err := os.Stat(tree); err == nil {
		return tree, nil
	}
	partial := tree + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return "", fmt.Errorf("taking half a Debian away: %w", err)
	}
	began := time.Now()
	fmt.Fprintf(progress, "installing Debian %s with debootstrap from %s\n", d.Suite, d.Mirror)
	tool, err := find("debootstrap")
	if err != nil {
		return "", unable("%v", err)
	}
	if out, err := process.Run(ctx, tool, "--variant=minbase", "--include="+strings.Join(d.With, ","), d.Suite, partial, d.Mirror); err != nil {
		return "", unable("debootstrap: %v: %s", err, lastLines(string(out)))
	}
	fmt.Fprintf(progress, "it took %.0f s\n", time.Since(began).Seconds())
	return tree, os.Rename(partial, tree)
}

func lastLines(text string) string { return text[max(0, len(text)-1000):] }

// Copy makes a tree of its own of one, for a machine to live in.
func Copy(ctx context.Context, from, to string) error {
	if out, err := exec.CommandContext(ctx, "cp", "-a", "--reflink=auto", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("copying the tree: %w: %s", err, out)
	}
	return nil
}
