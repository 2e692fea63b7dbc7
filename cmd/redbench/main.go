// SPDX-License-Identifier: Apache-2.0

//go:build !manual

// Command redbench is the service on a store's POS box, and every verb that a person at the box needs.
package main

import (
	"os"

	"redbench/cmd/internal/cli"
)

func main() { os.Exit(cli.Run(newRoot, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
