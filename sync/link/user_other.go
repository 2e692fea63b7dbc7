// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package link

import "syscall"

// userTimeout leaves it to the watch over progress: only Linux has the option.
func userTimeout(_, _ string, _ syscall.RawConn) error { return nil }
