// SPDX-License-Identifier: Apache-2.0

// Command rig is ours alone and never shipped: it measures the product, feeds it real histories, photographs it,
// and looks for ways to make it lose something.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"redbench/cmd/rig/arm"
	"redbench/cmd/rig/bench"
	"redbench/cmd/rig/chaos"
	"redbench/cmd/rig/drain"
	"redbench/cmd/rig/erasure"
	"redbench/cmd/rig/eval"
	"redbench/cmd/rig/machine"
	"redbench/cmd/rig/pack"
	"redbench/cmd/rig/screens"
	"redbench/cmd/rig/shown"
	"redbench/cmd/rig/soak"
	"redbench/cmd/rig/torture"
	"redbench/cmd/rig/windows"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{Use: "rig", Short: "Measure, feed, photograph and torture Redbench", SilenceUsage: true, SilenceErrors: true}
	root.AddCommand(bench.Command(), chaos.Command(), drain.Command(), erasure.Command(), eval.Command(), eval.PromptsCommand(), shown.Command(), machine.Command(), pack.Command(), pack.CheckCommand(), screens.Command(), torture.Command())
	root.AddCommand(arm.Command(), windows.Command(), soak.Command(), soak.BoxCommand())
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "rig:", err)
		return 1
	}
	return 0
}
