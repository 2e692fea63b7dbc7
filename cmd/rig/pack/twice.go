// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// CheckCommand makes the rig's verb that proves that packages can be made again.
func CheckCommand() *cobra.Command {
	var version string
	var only []string
	command := &cobra.Command{
		Use:   "pack-check",
		Short: "Make the packages twice, from two folders, and compare them byte for byte",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return twice(cmd.Context(), cmd.ErrOrStderr(), version, only)
		},
	}
	command.Flags().StringVar(&version, "version", "0.0.0-dev", "what to call them")
	command.Flags().StringSliceVar(&only, "only", nil, "make only these: "+strings.Join(kinds(), ", "))
	return command
}

// twice makes the packages of the commit from two clones whose paths differ in length, the second time without anything
// that the first has compiled.
func twice(ctx context.Context, log io.Writer, version string, only []string) (err error) {
	here, err := top()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "twice")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program's file: %w", err)
	}
	var outs [2]string
	for i, name := range []string{"first", "the-second-folder"} {
		clone := filepath.Join(dir, name)
		outs[i] = filepath.Join(clone, "dist")
		if out, err := exec.CommandContext(ctx, "git", "clone", "--quiet", here, clone).CombinedOutput(); err != nil {
			return fmt.Errorf("cloning the tree: %w: %s", err, out)
		}
		run := exec.CommandContext(ctx, self, "pack", "--version", version, "--only", strings.Join(only, ","))
		if len(only) == 0 {
			run.Args = run.Args[:len(run.Args)-2]
		}
		run.Dir, run.Stdout, run.Stderr = clone, log, log
		if i == 1 {
			run.Env = append(os.Environ(), "GOCACHE="+filepath.Join(dir, "cache"))
		}
		if err := run.Run(); err != nil {
			return fmt.Errorf("making the packages from %s: %w", name, err)
		}
	}
	return compare(ctx, log, outs[0], outs[1])
}

// compare says of each file whether both folders have the same.
func compare(ctx context.Context, log io.Writer, a, b string) error {
	names, err := made(a)
	if err != nil {
		return err
	}
	others, err := made(b)
	if err != nil {
		return err
	}
	if !slices.Equal(names, others) {
		return fmt.Errorf("made twice, and not the same files: %v and %v", names, others)
	}
	var different []string
	for _, name := range names {
		how, err := alike(ctx, filepath.Join(a, name), filepath.Join(b, name))
		if err != nil {
			return err
		}
		if how == "" {
			how = "DIFFERENT"
			different = append(different, name)
		}
		fmt.Fprintf(log, "%-24s %s\n", how, name)
	}
	if len(different) > 0 {
		return fmt.Errorf("made twice, and not the same: %s", strings.Join(different, ", "))
	}
	return nil
}

// made lists what a run left in its folder.
func made(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for the packages: %w", err)
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there is no package in %s", dir)
	}
	return names, nil
}

// alike says how two files are alike; empty: they are not. Of an .msi only the time stamps may differ, which lie outside
// its tables and streams, and so its checksum.
func alike(ctx context.Context, a, b string) (string, error) {
	one, err := os.ReadFile(a)
	if err != nil {
		return "", fmt.Errorf("comparing: %w", err)
	}
	other, err := os.ReadFile(b)
	if err != nil {
		return "", fmt.Errorf("comparing: %w", err)
	}
	if bytes.Equal(one, other) {
		return "the same", nil
	}
	if filepath.Base(a) == sumsFile && withoutMSI(one) == withoutMSI(other) {
		return "but for the .msi's", nil
	}
	if !strings.HasSuffix(a, ".msi") || len(one) != len(other) {
		return "", nil
	}
	inA, err := insideMSI(ctx, a)
	if err != nil {
		return "", err
	}
	inB, err := insideMSI(ctx, b)
	if err != nil || inA != inB {
		return "", err
	}
	count := 0
	for i := range one {
		if one[i] != other[i] {
			count++
		}
	}
	if count > mostStamped {
		return "", nil
	}
	return fmt.Sprintf("but for %d time bytes", count), nil
}

// withoutMSI is a list of checksums without that of an .msi.
func withoutMSI(sums []byte) string {
	var rest strings.Builder
	for line := range strings.Lines(string(sums)) {
		if !strings.HasSuffix(strings.TrimSpace(line), ".msi") {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

// mostStamped is how many bytes time stamps can account for: two dates in the summary, and two of the root's storage.
const mostStamped = 32

// insideMSI is all that an .msi says, but its dates.
func insideMSI(ctx context.Context, file string) (string, error) {
	var all strings.Builder
	ask := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "msiinfo", args...).Output()
		if err != nil {
			return "", fmt.Errorf("reading %s: %w", filepath.Base(file), err)
		}
		return string(out), nil
	}
	tables, err := ask("tables", file)
	if err != nil {
		return "", err
	}
	for _, table := range strings.Fields(tables) {
		if strings.HasPrefix(table, "_") {
			continue
		}
		text, err := ask("export", file, table)
		if err != nil {
			return "", err
		}
		all.WriteString(text)
	}
	cabinet, err := ask("extract", file, "redbench.cab")
	all.WriteString(cabinet)
	return all.String(), err
}
