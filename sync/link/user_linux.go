// SPDX-License-Identifier: Apache-2.0

package link

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// userTimeout ends a connection whose peer does not acknowledge what was sent; keep-alive probes alone do not run while
// data is under way.
func userTimeout(_, _ string, raw syscall.RawConn) error {
	var set error
	err := raw.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(silence.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return set
}
