// SPDX-License-Identifier: Apache-2.0

// Package packaging holds what is laid beside the program on a box: the system's unit and the file to start a
// configuration from. They are files, so that people can read them where packagers look, and embedded, so that
// `redbench install` needs nothing but the program.
package packaging

import _ "embed"

// Sample is the configuration file to start from; a test in daemon/config compares it with the code.
//
//go:embed redbench.toml
var Sample string

// SystemdUnit is the unit for Linux, as a package installs it; daemon/service fills in what differs on a box.
//
//go:embed systemd/redbench.service
var SystemdUnit string
