// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"redbench/edge"
)

const naming = `[[rule]]
name = "named"
line = "greeting"
stage = "regular"
priority = 5
repeat = true
text.en = "{hello}, {name}!"
[[rule]]
name = "plain"
line = "greeting"
text.en = "{hello}"
`

func TestTheNameThatIsSaid(t *testing.T) {
	p := own(t, naming)
	for _, test := range []struct{ name, address, want string }{
		{"Maya", "", "Good morning, Maya!"}, {"Maya", "Frau Dr. Weiß", "Good morning, Frau Dr. Weiß!"}, {"Q", "", "Good morning, Q!"},
		{"李", "", "Good morning, 李!"}, {"Łucja", "", "Good morning, Łucja!"}, {"ไพลิน", "", "Good morning, ไพลิน!"},
		{"דנה", "", "Good morning, \u2068דנה\u2069!"}, {"عمر", "", "Good morning, \u2068عمر\u2069!"}, {"Maya", "אבא", "Good morning, \u2068אבא\u2069!"},
		{"e\u0301lodie", "", "Good morning, e\u0301lodie!"}, {" Maya\u00a0 \t", "", "Good morning, Maya!"}, {"", "", "Good morning"},
		{"\u202eayaM", "", "Good morning, ayaM!"}, {"\u2066Maya", "", "Good morning, Maya!"}, // marks that would turn the line
		{"Wolfeschlegelsteinhausenbergerdorff", "", "Good morning"}, // half a name is nobody's
		{"Wolfeschlegelsteinhausenbergerdorff", "Wolfe", "Good morning, Wolfe!"},
	} {
		in := maya()
		in.Profile.Customer.Name, in.Profile.Customer.Address = test.name, test.address
		if got := p.Choose(in).Prompt.Who; got.Greeting != test.want || got.Name != tidy(test.name) {
			t.Errorf("%q, %q: %q (%q)", test.name, test.address, got.Greeting, got.Name)
		}
	}
}

// A line reads right whatever script a name has, on a screen of either direction.
func TestDirectionsStayApart(t *testing.T) {
	fact := told("f", edge.FactPerson, "דנה started nursery", day)
	fact.ToldTo, fact.Place = "יונה", "נמל · 3"
	got := Default().Choose(maya().with(fact)).Prompt.Remember
	if want := "\u2068דנה started nursery\u2069 (told to \u2068יונה\u2069 at \u2068נמל\u2069)"; text(got) != want {
		t.Errorf("%q, want %q", text(got), want)
	}
	in := maya().with()
	in.Profile.Usual[0].Name = "חלב שיבולת שועל"
	if got := text(Default().Choose(in).Prompt.Do); got != "Have ready, if wanted: \u2068חלב שיבולת שועל\u2069" && got != "The usual, perhaps: \u2068חלב שיבולת שועל\u2069" {
		t.Errorf("%q", got)
	}
	hebrew, err := Load(strings.NewReader(`version = 1
languages = ["he"]
[hello]
he = [{ from = 4, say = "שלום" }]
[goodbye]
he = [{ from = 4, say = "להתראות" }]
[phrases.he]
`+phrasesIn("x")+`[[principle]]
title.he = "א"
text.he = "ב"
[[rule]]
name = "a"
line = "remember"
facts = ["person"]
text.he = "{fact}!"
why.he = "x"
`), "he.toml")
	if err != nil {
		t.Fatal(err)
	}
	for told1, want := range map[string]string{"Ada": "\u2068Ada\u2069!", "עדה": "עדה!", "7": "7!"} {
		in := maya().with(told("f", edge.FactPerson, told1, day))
		in.Language = "he"
		if got := text(hebrew.Choose(in).Prompt.Remember); got != want {
			t.Errorf("%q: %q, want %q", told1, got, want)
		}
	}
}

func phrasesIn(say string) string {
	var b strings.Builder
	for _, name := range phraseNames {
		b.WriteString(name + " = \"" + say + "\"\n")
	}
	return b.String()
}

// Whatever somebody is called, and whatever was told: each line is one line, its marks are paired, and no letter loses its
// marks.
func TestAnyNameFitsALine(t *testing.T) {
	p := Default()
	letters := []rune("aA é\u0301\u0308עדא\u05b8م\u0651ไ\u0e31李\u200d👩\U0001f3fd👧🇮🇪\u202e\u202a\u2066\u2069\t\n-'’\u0000🧡")
	rapid.Check(t, func(t *rapid.T) {
		in := anybody(t)
		word := rapid.StringOfN(rapid.SampledFrom(letters), 1, 90, -1)
		in.Profile.Customer.Name, in.Profile.Customer.Address = word.Draw(t, "name"), word.Draw(t, "address")
		for i := range in.Profile.Facts {
			in.Profile.Facts[i].Text, in.Profile.Facts[i].ToldTo = word.Draw(t, "text"), word.Draw(t, "to")
		}
		in.Profile.Usual[0].Name = word.Draw(t, "thing")
		for _, line := range texts(p.Choose(in).Prompt) {
			if strings.ContainsAny(line, "\n\t\x00\u202e\u202a") || !utf8.ValidString(line) {
				t.Fatalf("%q", line)
			}
			depth := 0
			for _, r := range line {
				switch r {
				case '\u2068':
					depth++
				case '\u2069':
					depth--
				case '\u2066', '\u2067':
					depth = -9
				}
				if depth < 0 || depth > 1 {
					t.Fatalf("unpaired in %q", line)
				}
			}
			if depth != 0 {
				t.Fatalf("open in %q", line)
			}
		}
	})
}

func TestNoLetterLosesItsMarks(t *testing.T) {
	for _, unit := range []string{"e\u0301", "ಕ್ಷ", "👩\u200d👧", "👍\U0001f3fd", "ק\u05b8"} {
		whole := strings.Repeat(unit, 40)
		for n := 20; n < 30; n++ {
			got := strings.TrimSuffix(cut(whole, n), "…")
			rest := []rune(strings.TrimPrefix(whole, got))
			if len(rest) == 0 || rest[0] == 0x1f3fd || rest[0] == 0x200d || unicode.Is(unicode.Mn, rest[0]) || strings.HasSuffix(got, "\u200d") {
				t.Errorf("%q cut to %d: %q is parted", unit, n, got)
			}
		}
	}
}
