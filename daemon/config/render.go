// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"

	"redbench/daemon/config/keyed"
)

// Sample writes the configuration file to start from: every key with its meaning and its default, commented out.
func Sample() string {
	var b strings.Builder
	b.WriteString("# Redbench on this box. Every key stands here with its default; take the # away to change one, then\n" +
		"# `redbench config check` and `redbench restart`. A variable in the environment, as in REDBENCH_UI_LISTEN,\n" +
		"# overrides a key. Relative paths start at this file's directory.\n")
	b.WriteString(keyed.Sample(Default().Sections()))
	b.WriteString(keyed.SampleList("adapter", adapterDoc, AdapterKeys()))
	return b.String()
}

const adapterDoc = "A till that speaks another shape than the contract's has an [[adapter]] of its own; there may be any number."

// Show writes the configuration as it holds now, with where each value came from.
func (c *Config) Show() string {
	var b strings.Builder
	b.WriteString(keyed.Show(c.Sections(), c.read))
	for _, a := range c.Adapters {
		b.WriteString(keyed.ShowList("adapter", adapterKeys(&a)))
	}
	return b.String()
}

// Map gives the configuration as section → key → value, and adapters as a list, for JSON.
func (c *Config) Map() map[string]any {
	all := keyed.Map(c.Sections())
	adapters := []map[string]any{}
	for _, a := range c.Adapters {
		adapters = append(adapters, keyed.Values(adapterKeys(&a)))
	}
	all["adapter"] = adapters
	return all
}

// Markdown writes docs/configuration.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("<!-- SPDX-License-Identifier: Apache-2.0 -->\n<!-- Written by `go test ./daemon/config -update`; edit the table in daemon/config/keys.go. -->\n")
	b.WriteString("# Configuration\n\n" +
		"One TOML file: `/etc/redbench/redbench.toml`, on Windows `C:\\ProgramData\\Redbench\\redbench.toml`, or what `--config`\n" +
		"(or `REDBENCH_CONFIG`) names. It may be absent: every key has a default. A variable in the environment overrides its\n" +
		"key. Unknown keys are refused. Relative paths start at the file's directory, in the environment at the working directory.\n\n" +
		"`redbench config check` says what is wrong, line by line; `redbench config show` prints what holds, and where from;\n" +
		"`redbench config show --sample` prints a file to start from. On Windows write paths in single quotes: `'C:\\Redbench'`.\n")
	b.WriteString(keyed.Markdown("##", Default().Sections()))
	b.WriteString(keyed.MarkdownList("##", "adapter", adapterDoc, AdapterKeys()))
	return b.String()
}
