// SPDX-License-Identifier: Apache-2.0

package playbook

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the error texts anew")

// Each file under testdata/mistakes is small.toml with one mistake; beside it lies what the loader must say, or the linter of
// what loads.
func TestEachMistakeIsTold(t *testing.T) {
	files, err := filepath.Glob("testdata/mistakes/*.toml")
	if err != nil || len(files) < 70 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".toml")
		t.Run(name, func(t *testing.T) {
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			p, err := Load(f, "my.toml")
			said := fmt.Sprintln(err)
			if err == nil {
				said = ""
				for _, each := range Check(p) {
					said += each.In("my.toml") + "\n"
				}
			}
			if said == "" {
				t.Fatal("the mistake was not found")
			}
			golden := strings.TrimSuffix(file, ".toml") + ".error"
			if *update {
				if err := os.WriteFile(golden, []byte(said), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, readErr := os.ReadFile(golden)
			if readErr != nil {
				t.Fatal(readErr)
			}
			if said != string(want) {
				t.Errorf("said:\n%swant:\n%s", said, want)
			}
		})
	}
}

func TestASmallPlaybookBorrowsFromTheDefault(t *testing.T) {
	f, err := os.Open("testdata/small.toml")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	p, err := Load(f, "small.toml")
	if err != nil {
		t.Fatal(err)
	}
	if p.Rules() != 2 || len(p.principles) != len(Default().principles) {
		t.Errorf("%d rules, %d principles", p.Rules(), len(p.principles))
	}
	got := p.Choose(Input{Now: morning, Language: "de-AT"})
	if got.Prompt.Who.Greeting != "Guten Morgen" {
		t.Errorf("greeting %q", got.Prompt.Who.Greeting)
	}
}

func TestAPlaybookHasABound(t *testing.T) {
	if _, err := Load(strings.NewReader(strings.Repeat("#", maxFile+1)), "big.toml"); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("%v", err)
	}
	if _, err := Load(strings.NewReader("version = 1\n"+strings.Repeat("[[rule]]\n", maxRules+1)), "many.toml"); err == nil || !strings.Contains(err.Error(), "501 rules are more than 500") {
		t.Errorf("%v", err)
	}
}

func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/mistakes/*.toml")
	for _, file := range append(files, "testdata/small.toml") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Load(strings.NewReader(text), "fuzz.toml")
		if err != nil {
			return
		}
		// What loads can be used: for strangers, for the known, in every language.
		for _, tag := range append(p.Languages(), "xx", "") {
			in := maya()
			in.Language = tag
			p.Choose(in)
			p.Choose(Input{Now: in.Now, Language: tag})
			p.Farewell(in)
			p.Principle(in.Now, tag)
		}
		Check(p)
	})
}

func FuzzReadable(f *testing.F) {
	for _, each := range []string{"OAT FLAT WHITE LG", "ARANCIATE / LIGHT", "Ben & Jerry's", "ΦΡΈΣΚΟ ΓΆΛΑ", "שוקולד מריר", "İSTANBUL ÇAYI", "A\x00B\tC", "\xff\xfe"} {
		f.Add(each)
	}
	p := Default()
	f.Fuzz(func(t *testing.T, name string) {
		got := readable(name)
		if n := len([]rune(got)); n > maxThing {
			t.Errorf("%q has %d characters", got, n)
		}
		if again := readable(got); !strings.EqualFold(again, got) && !strings.HasSuffix(got, "…") {
			t.Errorf("%q became %q", got, again)
		}
		if strings.ContainsAny(got, "\n\r\t\x00") {
			t.Errorf("%q has control characters", got)
		}
		p.private(name)
	})
}
