// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package config

const (
	defaultFile     = "/etc/redbench/redbench-hq.toml"
	defaultStateDir = "/var/lib/redbench-hq"
)
