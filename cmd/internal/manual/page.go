// SPDX-License-Identifier: Apache-2.0

package manual

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// page is one page in man's language.
func page(c *cobra.Command, date time.Time) string {
	var p writer
	p.request("TH", strings.ToUpper(pageName(c)), "1", date.Format("2006-01-02"), "Redbench", "User Commands")
	p.section("NAME")
	p.text(pageName(c) + " - " + strings.TrimSuffix(c.Short, "."))
	p.section("SYNOPSIS")
	p.synopsis(c)
	p.section("DESCRIPTION")
	p.paragraphs(described(c))
	p.verbs(c)
	p.flags("OPTIONS", c.NonInheritedFlags())
	p.flags("OPTIONS OF EVERY VERB", c.InheritedFlags())
	if c.Example != "" {
		p.section("EXAMPLES")
		p.literal(c.Example)
	}
	p.section("EXIT STATUS")
	p.text("0 when it is done, 1 when it went wrong, 2 for wrong usage or configuration.")
	p.section("SEE ALSO")
	p.text(seeAlso(c))
	return p.String()
}

func described(c *cobra.Command) string {
	if c.Long != "" {
		return c.Long
	}
	return strings.TrimSuffix(c.Short, ".") + "."
}

func seeAlso(c *cobra.Command) string {
	var others []string
	if c.HasParent() {
		others = append(others, pageName(c.Parent())+"(1)")
	}
	for _, verb := range verbs(c) {
		others = append(others, pageName(verb)+"(1)")
	}
	return strings.Join(append(others, "/usr/share/doc/"+c.Root().Name()+"/operations.md"), ", ")
}

// writer writes roff.
type writer struct{ strings.Builder }

// request writes one line that tells roff what to do; its arguments are quoted.
func (p *writer) request(name string, args ...string) {
	p.WriteString("." + name)
	for _, arg := range args {
		p.WriteString(` "` + strings.ReplaceAll(escaped(arg), `"`, `\(dq`) + `"`)
	}
	p.WriteString("\n")
}

func (p *writer) section(title string) { p.request("SH", title) }

// text writes lines of text, none of which is taken for a request.
func (p *writer) text(text string) {
	for line := range strings.Lines(text) {
		line = escaped(strings.TrimSpace(line))
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			line = `\&` + line
		}
		if line != "" {
			p.WriteString(line + "\n")
		}
	}
}

// paragraphs writes text whose paragraphs are parted by empty lines.
func (p *writer) paragraphs(text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			p.WriteString(".PP\n")
		}
		p.text(paragraph)
	}
}

// literal writes lines as they stand.
func (p *writer) literal(text string) {
	p.WriteString(".nf\n")
	for line := range strings.Lines(text) {
		p.WriteString(`\&` + escaped(strings.TrimRight(line, "\n")) + "\n")
	}
	p.WriteString(".fi\n")
}

func (p *writer) synopsis(c *cobra.Command) {
	line := c.UseLine()
	if len(verbs(c)) > 0 {
		line = c.CommandPath() + " VERB [flags]"
	}
	p.WriteString(`\fB` + escaped(c.CommandPath()) + `\fR` + escaped(strings.TrimPrefix(line, c.CommandPath())) + "\n")
}

func (p *writer) verbs(c *cobra.Command) {
	if len(verbs(c)) == 0 {
		return
	}
	p.section("VERBS")
	for _, verb := range verbs(c) {
		p.WriteString(".TP\n" + `\fB` + escaped(verb.Name()) + `\fR` + escaped(strings.TrimPrefix(verb.Use, verb.Name())) + "\n")
		p.text(verb.Short)
	}
}

func (p *writer) flags(title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	p.section(title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Deprecated != "" {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		p.WriteString(".TP\n" + `\fB` + escaped(name) + `\fR`)
		if kind != "" {
			p.WriteString(` \fI` + escaped(kind) + `\fR`)
		}
		p.WriteString("\n")
		if byDefault := f.DefValue; byDefault != "" && byDefault != "false" && byDefault != "0" && byDefault != "[]" && byDefault != "0s" {
			usage += fmt.Sprintf(" (default %s)", byDefault)
		}
		p.text(usage)
	})
}

// escaped keeps a backslash from beginning a request of roff's, and a hyphen one that can be copied and typed.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
}
