// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"os"
	"regexp"
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
