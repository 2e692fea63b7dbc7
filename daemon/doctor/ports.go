// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"errors"
	"net"
	"strings"
	"syscall"
)

// Port is an address that is to be listened on.
type Port struct {
	Key     string // "[ui] listen"
	Want    string // as configured
	Address string // that the running one listens on; empty: none runs
	Error   error  // running: nobody answers; stopped: it could not be listened on
	Holder  string // who else has it, where that can be seen
}

// JudgePorts tells which addresses cannot be used.
func JudgePorts(f *Findings, ports []Port) {
	for _, p := range ports {
		switch {
		case p.Address != "" && p.Error != nil:
			f.Add("port-silent", "key", p.Key, "address", p.Address, "problem", p.Error)
		case p.Address != "" && portOf(p.Want) != "0" && portOf(p.Want) != portOf(p.Address):
			f.Add("port-moved", "key", p.Key, "want", p.Want, "address", p.Address)
		case p.Address != "":
			f.Add("port-good", "key", p.Key, "address", p.Address, "how", "answers")
		case errors.Is(p.Error, syscall.EADDRINUSE) && p.Key == "[mqtt] listen":
			f.Add("port-broker", "key", p.Key, "address", p.Want, "holder", holder(p.Holder), "port", portOf(p.Want))
		case errors.Is(p.Error, syscall.EADDRINUSE):
			f.Add("port-taken", "key", p.Key, "address", p.Want, "holder", holder(p.Holder))
		case p.Error != nil:
			f.Add("port-unusable", "key", p.Key, "address", p.Want, "problem", p.Error)
		default:
			f.Add("port-good", "key", p.Key, "address", p.Want, "how", "is free")
		}
	}
}

func holder(name string) string {
	if name == "" {
		return "another program"
	}
	return name
}

func portOf(address string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return strings.TrimPrefix(address, ":")
	}
	return port
}
