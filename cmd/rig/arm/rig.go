// SPDX-License-Identifier: Apache-2.0

// Package arm proves the arm64 build on an emulated processor: the static program, tills → prompt, stop.
package arm

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/process"
	"redbench/cmd/rig/tap"
)

const (
	compiler = "aarch64-linux-gnu-gcc"
	emulator = "qemu-aarch64-static" // called by its name, so that the machine need not be told (binfmt)
	lane     = "3"
)

// Command makes the rig's verb.
func Command() *cobra.Command {
	var binary string
	var taps int
	command := &cobra.Command{
		Use:   "arm",
		Short: "Prove the arm64 build under qemu-user: tills → prompt",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if missing := Missing(); missing != "" {
				return errors.New(missing)
			}
			return Prove(cmd.Context(), binary, taps, cmd.OutOrStdout())
		},
	}
	command.Flags().StringVar(&binary, "binary", "", "the arm64 program to prove (default: built from this tree)")
	command.Flags().IntVar(&taps, "taps", 20, "how many cards are shown")
	return command
}

// Missing says what this machine lacks for the proof; empty: nothing.
func Missing() string {
	for _, name := range []string{emulator, compiler} {
		if _, err := exec.LookPath(name); err != nil {
			return name + " is not there: `.ci/needs arm64 qemu` installs it"
		}
	}
	return ""
}

// Prove builds, unless binary names one, runs the box under the emulator and shows it cards, telling each step on out.
func Prove(ctx context.Context, binary string, taps int, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "redbench-arm-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	began := time.Now()
	say := func(name, text string) {
		fmt.Fprintf(out, "%-22s %6.1f s  %s\n", name, time.Since(began).Seconds(), text)
		began = time.Now()
	}
	if binary == "" {
		binary = filepath.Join(dir, "redbench")
		if err := build(ctx, binary); err != nil {
			return err
		}
	}
	kind, err := described(binary)
	if err != nil {
		return err
	}
	say("build", kind)
	qemu, err := exec.LookPath(emulator)
	if err != nil {
		return err
	}
	b, err := box.Start(ctx, box.Options{Binary: binary, Under: qemu, Dir: filepath.Join(dir, "box"), Store: "harbour"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Stop()) }()
	say("start to ready", "emulated by "+emulator)
	customers := filepath.Join(dir, "customers.csv")
	if err := os.WriteFile(customers, []byte(tap.Customers), 0o600); err != nil {
		return err
	}
	if _, err := b.Import(ctx, "customers", customers); err != nil {
		return err
	}
	pairing, err := b.Pair(ctx, lane)
	if err != nil {
		return err
	}
	say("import and pair", "through the control socket")
	took, err := tap.Prompts(ctx, tap.Place{Tills: b.Tills(), Screens: b.Screens(), Token: pairing.Token, Store: b.Store(), Lane: lane}, taps)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, b.LogTail())
	}
	say("tills → prompt", tap.Said(took))
	if err := b.Stop(); err != nil {
		return err
	}
	say("stop", "it closed what it opened")
	fmt.Fprintln(out, "not shown: how fast a real arm64 processor is; an emulated one is some ten times slower, and its times are no measurement")
	return nil
}

func build(ctx context.Context, binary string) error {
	return process.Cross(ctx, binary, []string{"GOOS=linux", "GOARCH=arm64", "CC=" + compiler}, "-tags", "osusergo,netgo",
		"-ldflags", "-linkmode external -extldflags -static")
}

// described reads from the file itself what it is made for, and that it needs no library.
func described(binary string) (string, error) {
	raw, err := os.ReadFile(binary)
	if err != nil {
		return "", err
	}
	file, err := elf.NewFile(bytes.NewReader(raw))
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", binary, err)
	}
	libraries, err := file.ImportedLibraries()
	if file.Machine != elf.EM_AARCH64 || err != nil || len(libraries) > 0 {
		return "", fmt.Errorf("%s is made for %s and needs [%s], %v; wanted one for AArch64 that needs nothing", binary, file.Machine,
			strings.Join(libraries, " "), err)
	}
	return fmt.Sprintf("static, for AArch64, %.1f MB", float64(len(raw))/1e6), nil
}
