// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strconv"
	"strings"

	"redbench/edge"
)

// textWidth is where comments of a written file are folded.
const textWidth = 100

// Sample writes the configuration file to start from: every key with its meaning and its default, commented out.
func Sample() string {
	var b strings.Builder
	b.WriteString("# Redbench on this box. Every key stands here with its default; take the # away to change one, then\n" +
		"# `redbench config check` and `redbench restart`. A variable in the environment, as in REDBENCH_UI_LISTEN,\n" +
		"# overrides a key. Relative paths start at this file's directory.\n")
	for _, s := range Default().Sections() {
		fmt.Fprintf(&b, "\n%s[%s]\n", folded("# ", s.Doc), s.Name)
		for _, k := range s.Keys {
			fmt.Fprintf(&b, "\n%s#%s = %s\n", folded("# ", k.Doc), k.Key, literal(k.Value))
		}
	}
	b.WriteString("\n" + folded("# ", adapterDoc))
	b.WriteString("#\n# [[adapter]]\n")
	for _, k := range AdapterKeys() {
		fmt.Fprintf(&b, "%s#%s = %s\n", folded("# ", k.Doc), k.Key, literal(k.Value))
	}
	return b.String()
}

const adapterDoc = "A till that speaks another shape than the contract's has an [[adapter]] of its own; there may be any number."

// Show writes the configuration as it holds now, with where each value came from.
func (c *Config) Show() string {
	var b strings.Builder
	for i, s := range c.Sections() {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "[%s]\n", s.Name)
		for _, k := range s.Keys {
			fmt.Fprintf(&b, "%s = %s%s\n", k.Key, literal(k.Value), c.source(k))
		}
	}
	for _, a := range c.Adapters {
		b.WriteString("\n[[adapter]]\n")
		for _, k := range adapterKeys(&a) {
			fmt.Fprintf(&b, "%s = %s\n", k.Key, literal(k.Value))
		}
	}
	return b.String()
}

func (c *Config) source(k Key) string {
	switch c.Origin(k.Name()) {
	case FromFile:
		return fmt.Sprintf(" # line %d", c.lines[k.Name()])
	case FromEnvironment:
		return " # from " + k.Env()
	}
	return ""
}

// Map gives the configuration as section → key → value, and adapters as a list, for JSON.
func (c *Config) Map() map[string]any {
	all := map[string]any{}
	for _, s := range c.Sections() {
		values := map[string]any{}
		for _, k := range s.Keys {
			values[k.Key] = plain(k.Value)
		}
		all[s.Name] = values
	}
	adapters := []map[string]any{}
	for _, a := range c.Adapters {
		values := map[string]any{}
		for _, k := range adapterKeys(&a) {
			values[k.Key] = plain(k.Value)
		}
		adapters = append(adapters, values)
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
	for _, s := range Default().Sections() {
		fmt.Fprintf(&b, "\n## [%s]\n\n%s\n\n| key | default | in the environment | meaning |\n|---|---|---|---|\n", s.Name, s.Doc)
		for _, k := range s.Keys {
			fmt.Fprintf(&b, "| `%s` | `%s` | `%s` | %s |\n", k.Key, literal(k.Value), k.Env(), cell(k.Doc))
		}
	}
	fmt.Fprintf(&b, "\n## [[adapter]]\n\n%s\n\n| key | default | meaning |\n|---|---|---|\n", adapterDoc)
	for _, k := range AdapterKeys() {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", k.Key, literal(k.Value), cell(k.Doc))
	}
	return b.String()
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// plain takes the value out of its pointer.
func plain(value any) any {
	switch v := value.(type) {
	case *string:
		return *v
	case *edge.Consent:
		return string(*v)
	case *bool:
		return *v
	case *int:
		return *v
	case *float64:
		return *v
	case *[]string:
		if *v == nil {
			return []string{}
		}
		return *v
	}
	return nil
}

// literal writes a value as TOML.
func literal(value any) string {
	switch v := plain(value).(type) {
	case string:
		return quoted(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []string:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = quoted(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return `""`
}

// quoted writes a text as TOML: single quotes where a backslash would need escaping, and several lines as several.
func quoted(text string) string {
	simple := !strings.ContainsAny(text, "'\n") && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
	switch {
	case strings.Contains(text, `\`) && simple:
		return "'" + text + "'"
	case strings.Contains(text, "\n") && !strings.Contains(text, "'''") && !strings.ContainsFunc(text, control):
		return "'''\n" + text + "'''"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case control(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func control(r rune) bool { return (r < ' ' && r != '\n' && r != '\t') || r == 0x7f }

// folded writes text in lines of at most textWidth, each after prefix.
func folded(prefix, text string) string {
	var b strings.Builder
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(prefix)+len(line)+1+len(word) > textWidth {
			b.WriteString(prefix + line + "\n")
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		b.WriteString(prefix + line + "\n")
	}
	return b.String()
}
