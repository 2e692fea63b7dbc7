// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listen opens a TCP listener, and tells the person at the box what to do when the port is taken.
func listen(key, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err == nil {
		return l, nil
	}
	return nil, explainListen(key, address, err)
}

// explainListen says which port is taken and which key to set.
func explainListen(key, address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is taken by another program (perhaps another Redbench); stop it, or set %s to another port, "+
			"or to port 0 for any free one", address, key)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s may not be listened on by this user; set %s to a port above 1023", address, key)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is no address of this machine; set %s to one that is", address, key)
	}
	return fmt.Errorf("listening on %s (%s): %w", address, key, err)
}
