// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var fence = regexp.MustCompile("(?s)```(\\w+)\n(.*?)```")

// The guide's examples load, and the mistakes that it quotes are told as it says.
func TestTheGuideIsTrue(t *testing.T) {
	data, err := os.ReadFile("../../docs/playbook.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := string(data)
	for _, block := range fence.FindAllStringSubmatch(guide, -1) {
		switch text := block[2]; {
		case block[1] == "text":
			quoted(t, text)
		case strings.HasPrefix(text, "when"):
			load(t, "version = 1\nlanguages = [\"en\"]\n[[rule]]\nname = \"a\"\nline = \"do\"\ntext.en = \"b\"\nwhy.en = \"c\"\n"+text)
		case strings.HasPrefix(text, "[[rule]]"):
			load(t, "version = 1\nlanguages = [\"en\", \"de\"]\n"+text)
		default:
			load(t, text)
		}
	}
	for _, name := range slots {
		if !strings.Contains(guide, "`{"+name+"}`") {
			t.Errorf("the place {%s} is not in the guide", name)
		}
	}
	for _, name := range append(conditionNames, keys["rule"]...) {
		if name != "fact" && name != "usual" && name != "last" && name != "wrong" && !strings.Contains(guide, "`"+name+"`") {
			t.Errorf("%q is not in the guide", name)
		}
	}
}

// The prompts that the docs show are such as the default playbook can say.
func TestThePromptsInTheDocsCanBeSaid(t *testing.T) {
	data, err := os.ReadFile("../../docs/prompts.md")
	if err != nil {
		t.Fatal(err)
	}
	p, seen := Default(), 0
	place := strings.NewReplacer(`\{told\}`, `(?: \(.+\))?`, `\{hello\}`, `Good (?:morning|afternoon|evening)`, `\{goodbye\}`, `have a .+`)
	for _, block := range fence.FindAllStringSubmatch(string(data), -1) {
		for _, said := range regexp.MustCompile(`(?m)^[ \d]+ (greeting|remember|do|ask|avoid|farewell) +(.+)$`).FindAllStringSubmatch(block[2], -1) {
			seen++
			if !slices.ContainsFunc(p.rules[line(said[1])], func(r *rule) bool {
				return slices.ContainsFunc(r.texts[0], func(each template) bool {
					words := each.render(func(s slot) string { return "{" + string(s) + "}" })
					pattern := regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(place.Replace(regexp.QuoteMeta(words)), ".+")
					return regexp.MustCompile("^" + pattern + "$").MatchString(said[2])
				})
			}) {
				t.Errorf("no rule says %q", said[0])
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d lines found: has the form changed?", seen)
	}
}

func load(t *testing.T, text string) {
	t.Helper()
	p, err := Load(strings.NewReader(text), "guide.toml")
	if err != nil {
		t.Errorf("%v in\n%s", err, text)
		return
	}
	for _, each := range Check(p) {
		t.Errorf("%s in\n%s", each.In("guide.toml"), text)
	}
}

// quoted looks each line up among what the loader said of a file with that mistake.
func quoted(t *testing.T, text string) {
	t.Helper()
	for said := range strings.Lines(text) {
		found := false
		for _, name := range []string{"unknown-key", "unknown-place", "missing-language", "impossible-word"} {
			golden, err := os.ReadFile("testdata/mistakes/" + name + ".error")
			if err != nil {
				t.Fatal(err)
			}
			found = found || string(golden) == said
		}
		if !found {
			t.Errorf("the loader never says %q", said)
		}
	}
}
