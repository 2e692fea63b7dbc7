// SPDX-License-Identifier: Apache-2.0

package config

import "redbench/daemon/config/keyed"

// Sample writes the configuration file to start from: every key with its meaning and its default, commented out.
func Sample() string {
	return "# Redbench at head office. Every key stands here with its default; take the # away to change one, then\n" +
		"# `redbench-hq config check` and start it anew. A variable in the environment, as in REDBENCH_HQ_HQ_LISTEN,\n" +
		"# overrides a key. Relative paths start at this file's directory.\n" + keyed.Sample(Default().Sections()) +
		keyed.SampleList("webhook", webhookDoc, webhookKeys(defaultWebhook()))
}

// Show writes the configuration as it holds now, with where each value came from.
func (c *Config) Show() string {
	text := keyed.Show(c.Sections(), c.read)
	for _, w := range c.Webhooks {
		text += keyed.ShowList("webhook", webhookKeys(&w))
	}
	return text
}

// Map gives the configuration as section → key → value, and webhooks as a list, for JSON.
func (c *Config) Map() map[string]any {
	all, webhooks := keyed.Map(c.Sections()), []map[string]any{}
	for _, w := range c.Webhooks {
		webhooks = append(webhooks, keyed.Values(webhookKeys(&w)))
	}
	all["webhook"] = webhooks
	return all
}

// MarkdownStart is the line at which this program's part of docs/configuration.md starts.
const MarkdownStart = "## Head office: `redbench-hq.toml`"

// Markdown writes head office's part of docs/configuration.md.
func Markdown() string {
	return "\n" + MarkdownStart + "\n\n" +
		"<!-- From here on written by `go test ./sync/hq/config -update`; edit the table in sync/hq/config/keys.go. -->\n\n" +
		"`redbench-hq` reads `/etc/redbench/redbench-hq.toml`, on Windows `C:\\ProgramData\\Redbench\\redbench-hq.toml`, or what\n" +
		"`--config` (or `REDBENCH_HQ_CONFIG`) names. It is read like the box's. `--listen`, `--state-dir` and `--database` on the\n" +
		"command line override `[hq] listen`, `[state] dir` and `[database] url`.\n\n" +
		"`redbench-hq config check` says what is wrong, line by line; `redbench-hq config show` prints what holds, and where from;\n" +
		"`redbench-hq config show --sample` prints a file to start from.\n" + keyed.Markdown("###", Default().Sections()) +
		keyed.MarkdownList("###", "webhook", webhookDoc, webhookKeys(defaultWebhook()))
}
