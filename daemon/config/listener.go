// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// listener checks an address, and that nobody listens beyond loopback without credentials and TLS by accident.
// credentials and tls name the keys that are missing for each, or are empty.
func (v check) listener(section, address string, insecure bool, credentials, tls string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		v.bad(section, "listen", "must be host:port, as in 127.0.0.1:8787 or :8787; it is %q", address)
		return
	}
	if number, err := strconv.Atoi(port); err != nil || number < 0 || number > 65535 {
		v.bad(section, "listen", "must end in a port, 0 to 65535; it is %q", address)
		return
	}
	if loopback(host) {
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
	missing := strings.Join(needs, ", and ")
	if insecure {
		v.warn("[" + section + "] listens beyond this machine on " + address + " without " + missing + ", as insecure = true allows")
		return
	}
	v.bad(section, "listen", "%s is reached from other machines, and so needs %s (or insecure = true, or 127.0.0.1:%s)", address, missing, port)
}

func missing(is bool, keys string) string {
	if is {
		return keys
	}
	return ""
}

// loopback reports whether only this machine reaches host. An empty host is every address of the machine.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && address.Unmap().IsLoopback()
}
