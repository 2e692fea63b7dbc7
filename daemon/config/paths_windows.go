// SPDX-License-Identifier: Apache-2.0

package config

const (
	defaultFile     = `C:\ProgramData\Redbench\redbench.toml`
	defaultStateDir = `C:\ProgramData\Redbench\data`
)
