// SPDX-License-Identifier: Apache-2.0

//go:build manual

package main

import (
	"os"

	"redbench/cmd/internal/manual"
)

// With this tag the program writes its own manual pages and completions, and does nothing else.
func main() { os.Exit(manual.Run(newRoot, os.Args[1:])) }
