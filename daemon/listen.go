// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"net"

	"redbench/daemon/config/keyed"
)

// listen opens a TCP listener, and tells the person at the box what to do when the port is taken.
func listen(key, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err == nil {
		return l, nil
	}
	return nil, keyed.ExplainListen(key, address, err)
}
