// SPDX-License-Identifier: Apache-2.0

package config

const (
	defaultFile     = `C:\ProgramData\Redbench\redbench-hq.toml`
	defaultStateDir = `C:\ProgramData\Redbench\hq`
)
