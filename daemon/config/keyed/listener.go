// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// Listener checks an address, and that nobody listens beyond loopback without credentials and TLS by accident.
// credentials and tls name the keys that are missing for each, or are empty.
func (r *Reading) Listener(section, address string, insecure bool, credentials, tls string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		r.Bad(section, "listen", "must be host:port, as in 127.0.0.1:8787 or :8787; it is %q", address)
		return
	}
	if number, err := strconv.Atoi(port); err != nil || number < 0 || number > 65535 {
		r.Bad(section, "listen", "must end in a port, 0 to 65535; it is %q", address)
		return
	}
	if Loopback(host) {
		return
	}
	var needs []string
	for _, each := range []string{credentials, tls} {
		if each != "" {
			needs = append(needs, each)
		}
	}
	if len(needs) == 0 {
		return
	}
	without := strings.Join(needs, ", and ")
	if insecure {
		r.Warn("[" + section + "] listens beyond this machine on " + address + " without " + without + ", as insecure = true allows")
		return
	}
	r.Bad(section, "listen", "%s is reached from other machines, and so needs %s (or insecure = true, or 127.0.0.1:%s)", address, without, port)
}

// Missing gives the keys when they are missing, else nothing: for [Reading.Listener].
func Missing(is bool, keys string) string {
	if is {
		return keys
	}
	return ""
}

// Loopback reports whether only this machine reaches host. An empty host is every address of the machine.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && address.Unmap().IsLoopback()
}

// ExplainListen says why an address could not be listened on, and which key to set.
func ExplainListen(key, address string, err error) error {
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
