// SPDX-License-Identifier: Apache-2.0

// Package machine tells what can be seen of the machine that the box runs on: its clock, its disk, who holds a port, how the
// service manager keeps the service, who may read a file. It changes nothing. What a system does not tell is said to be unknown.
package machine

import "time"

// Unit is how systemd keeps a service.
type Unit struct {
	Load     string `json:"load"`   // loaded, not-found, masked
	Active   string `json:"active"` // active, inactive, failed
	File     string `json:"file"`   // enabled, disabled
	Path     string `json:"path"`
	DropIns  string `json:"drop_ins,omitempty"`
	User     string `json:"user,omitempty"`
	Restart  string `json:"restart"`
	Watchdog bool   `json:"watchdog"`
	Reload   bool   `json:"needs_reload,omitempty"`
	Restarts int    `json:"restarts"`
	PID      int    `json:"pid,omitempty"`
	Strict   bool   `json:"strict,omitempty"`   // it may write nothing but
	Writable string `json:"writable,omitempty"` // this: paths with a blank between, each maybe behind a dash

	Up time.Duration `json:"up_ns,omitempty"` // since it became active; 0: it is not
}
