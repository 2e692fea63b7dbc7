// SPDX-License-Identifier: Apache-2.0

package keyed

import (
	"fmt"
	"strconv"
	"strings"

	"redbench/edge"
)

// textWidth is where comments of a written file are folded.
const textWidth = 100

// Sample writes every section with its meaning, and every key with its meaning and its value, commented out.
func Sample(sections []Section) string {
	var b strings.Builder
	for _, s := range sections {
		fmt.Fprintf(&b, "\n%s[%s]\n", Folded("# ", s.Doc), s.Name)
		for _, k := range s.Keys {
			fmt.Fprintf(&b, "\n%s#%s = %s\n", Folded("# ", k.Doc), k.Key, Literal(k.Value))
		}
	}
	return b.String()
}

// Show writes every key with its value, and where that came from.
func Show(sections []Section, r *Reading) string {
	var b strings.Builder
	for i, s := range sections {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "[%s]\n", s.Name)
		for _, k := range s.Keys {
			fmt.Fprintf(&b, "%s = %s%s\n", k.Key, Literal(k.Value), r.Source(k))
		}
	}
	return b.String()
}

// Map gives section → key → value, for JSON.
func Map(sections []Section) map[string]any {
	all := map[string]any{}
	for _, s := range sections {
		all[s.Name] = Values(s.Keys)
	}
	return all
}

// Values gives key → value.
func Values(keys []Key) map[string]any {
	values := map[string]any{}
	for _, k := range keys {
		values[k.Key] = plain(k.Value)
	}
	return values
}

// Markdown writes a chapter for each section, under headings that begin with mark ("##").
func Markdown(mark string, sections []Section) string {
	var b strings.Builder
	for _, s := range sections {
		fmt.Fprintf(&b, "\n%s [%s]\n\n%s\n\n| key | default | in the environment | meaning |\n|---|---|---|---|\n", mark, s.Name, s.Doc)
		for _, k := range s.Keys {
			fmt.Fprintf(&b, "| `%s` | `%s` | `%s` | %s |\n", k.Key, Literal(k.Value), k.Env(), Cell(k.Doc))
		}
	}
	return b.String()
}

// Cell writes a text into a table of Markdown.
func Cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

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

// Literal writes a value as TOML.
func Literal(value any) string {
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

// Folded writes text in lines of at most textWidth, each after prefix.
func Folded(prefix, text string) string {
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
