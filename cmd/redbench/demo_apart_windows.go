// SPDX-License-Identifier: Apache-2.0

package main

import "syscall"

// apart starts a process in a group of its own, which the console's Ctrl-C does not reach.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
