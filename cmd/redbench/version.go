// SPDX-License-Identifier: Apache-2.0

package main

import "redbench/cmd/internal/cli"

// stamped is set by the linker: -X main.stamped=v1.2.3
var stamped string

// version is what this build calls itself.
func version() string { return cli.Version(stamped) }
