// SPDX-License-Identifier: Apache-2.0

//go:build !manual

// Command redbench-hq is a chain's head office, and every verb that a person there needs.
package main

import (
	"os"

	"redbench/cmd/internal/cli"
)

func main() { os.Exit(cli.Run(newRoot, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
