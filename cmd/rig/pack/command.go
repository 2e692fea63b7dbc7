// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Command makes the rig's verb.
func Command() *cobra.Command {
	var version string
	w := &work{built: map[string]bool{}}
	var only []string
	command := &cobra.Command{
		Use:   "pack",
		Short: "Make the packages into dist/",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w.log = cmd.ErrOrStderr()
			return w.pack(cmd.Context(), version, only)
		},
	}
	flags := command.Flags()
	flags.StringVar(&version, "version", "0.0.0-dev", "what to call it, as in 1.2.3")
	flags.StringVar(&w.out, "out", "dist", "where packages go")
	flags.StringVar(&w.signKey, "sign-key", "", "sign with this secret key, a file of OpenPGP or minisign ("+passphrase+" opens it)")
	flags.StringSliceVar(&only, "only", nil, "make only these: "+strings.Join(kinds(), ", "))
	return command
}

// kinds are what can be made.
func kinds() []string {
	return []string{"deb-amd64", "deb-arm64", "rpm-amd64", "rpm-arm64", "tar-amd64", "tar-arm64", "msi-windows"}
}

func (w *work) pack(ctx context.Context, version string, only []string) (err error) {
	if err := w.begin(ctx, version); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(w.dir)) }()
	for _, kind := range only {
		if !slices.Contains(kinds(), kind) {
			return fmt.Errorf("there is no package %q; there are %s", kind, strings.Join(kinds(), ", "))
		}
	}
	if len(only) == 0 {
		only = kinds()
	}
	if err := w.needs(ctx, only); err != nil {
		return err
	}
	for _, kind := range only {
		if err := w.make(ctx, kind); err != nil {
			return err
		}
	}
	if err := w.listed(); err != nil {
		return err
	}
	return w.sums(ctx)
}

// begin finds the tree, its commit and the folders, and clears away what an earlier run laid together.
func (w *work) begin(ctx context.Context, version string) (err error) {
	if w.top, err = top(); err != nil {
		return err
	}
	for _, path := range []*string{&w.out, &w.signKey} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return fmt.Errorf("finding %s: %w", *path, err)
		}
	}
	w.dir = filepath.Join(w.out, ".work")
	if err := os.RemoveAll(w.dir); err != nil {
		return fmt.Errorf("clearing the folder for packages: %w", err)
	}
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return fmt.Errorf("making the folder for packages: %w", err)
	}
	if w.time, err = commitTime(ctx, w.top); err != nil {
		return err
	}
	w.version, err = parseVersion(version, w.time)
	return err
}

// make makes the packages of one kind, of each program that it is for.
func (w *work) make(ctx context.Context, kind string) error {
	format, arch, _ := strings.Cut(kind, "-")
	switch format {
	case "tar":
		return w.archive(ctx, targets[arch])
	case "msi":
		return w.msi(ctx, targets[arch])
	}
	f, known := families()[format]
	if !known {
		return errors.New("making " + kind + ": nobody knows how")
	}
	for _, p := range products() {
		if err := w.linux(ctx, f, p, targets[arch]); err != nil {
			return err
		}
	}
	return nil
}

// needs sees to it that the compilers and tools for these kinds are there.
func (w *work) needs(ctx context.Context, only []string) error {
	names := []string{"go"}
	for _, kind := range only {
		_, arch, _ := strings.Cut(kind, "-")
		if t, known := targets[arch]; known && !slices.Contains(names, t.Needs) {
			names = append(names, t.Needs)
		}
		if arch == "windows" {
			names = append(names, "msi")
		}
	}
	return w.run(ctx, w.top, nil, filepath.Join(w.top, ".ci", "needs"), names...)
}
