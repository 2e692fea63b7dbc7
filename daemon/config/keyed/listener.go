// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
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
