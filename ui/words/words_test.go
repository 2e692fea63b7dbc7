// SPDX-License-Identifier: Apache-2.0

package words

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"redbench/edge"
)

var filled = regexp.MustCompile(`\{\w+\}`)

func TestEveryWordIsThereInEveryLanguage(t *testing.T) {
	english := For("en")
	for _, language := range Languages() {
		words := For(language)
		if words.Language != language {
			t.Errorf("%s is read as %s", language, words.Language)
		}
		for key, text := range english.Texts {
			other, ok := words.Texts[key]
			if !ok || strings.TrimSpace(other) != other || other == "" {
				t.Errorf("%s: no good %q", language, key)
			}
			want, got := filled.FindAllString(text, -1), filled.FindAllString(other, -1)
			if !slices.Equal(want, got) {
				t.Errorf("%s: %q fills in %v, want %v", language, key, got, want)
			}
		}
		if len(words.Texts) != len(english.Texts) {
			t.Errorf("%s has %d texts, English %d", language, len(words.Texts), len(english.Texts))
		}
		for _, kind := range edge.FactKinds {
			if len(words.Choices[kind]) != len(english.Choices[kind]) {
				t.Errorf("%s: %d choices for %s", language, len(words.Choices[kind]), kind)
			}
			if _, ok := words.Texts["kind."+string(kind)]; !ok {
				t.Errorf("%s: no words for a chip of kind %s", language, kind)
			}
		}
	}
}

// TestPagesAskOnlyForWordsThatAreThere reads the pages and modules: each key they name exists, and each word is named.
func TestPagesAskOnlyForWordsThatAreThere(t *testing.T) {
	english, used := For("en"), map[string]bool{}
	asked := regexp.MustCompile(`(?:\bt\(\s*|(?:\.T|\.Fill) |\? t\(|home\([^)]*, )['"]([a-z][a-z0-9.-]*)['"]`)
	quoted := regexp.MustCompile(`['"]([a-z][a-z0-9.-]*)['"]`)
	files, err := filepath.Glob("../static/*")
	if err != nil {
		t.Fatal(err)
	}
	goFiles, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, goFiles...) {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range asked.FindAllSubmatch(body, -1) {
			key := string(found[1])
			if _, ok := english.Texts[key]; !ok && !strings.HasSuffix(key, ".") && !strings.HasSuffix(file, ".go") {
				t.Errorf("%s asks for %q, which has no words", file, key)
			}
		}
		for _, found := range quoted.FindAllSubmatch(body, -1) {
			used[string(found[1])] = true
		}
	}
	for key := range english.Texts {
		if !used[key] && !strings.HasPrefix(key, "kind.") && !strings.HasPrefix(key, "notice.") { // the daemon says those
			t.Errorf("nobody says %q", key)
		}
	}
}

func TestLocales(t *testing.T) {
	for locale, want := range map[string]string{
		"en-GB": "en", "de_AT.UTF-8": "de", "FR": "fr", "it": "it", "es-MX": "es", "pl-PL": "en", "": "en",
	} {
		if got := For(locale).Language; got != want {
			t.Errorf("%q gives %s, want %s", locale, got, want)
		}
	}
}

func TestUnknownWordIsAnError(t *testing.T) {
	if _, err := For("en").T("nothing.of.the.kind"); err == nil {
		t.Error("no error")
	}
}
