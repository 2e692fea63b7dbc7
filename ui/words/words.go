// SPDX-License-Identifier: Apache-2.0

// Package words holds what the screens themselves say, in each language: labels, buttons, states of the link. What is
// said about a customer comes from the playbook, never from here.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"redbench/edge"
)

//go:embed *.json
var files embed.FS

// Languages lists the languages that there are words for; the first is the one to fall back on.
func Languages() []string { return []string{"en", "es", "fr", "de", "it"} }

// Words is one language.
type Words struct {
	Language string `json:"-"`
	// Texts by key. "{name}" in a text is filled in by the page.
	Texts map[string]string `json:"texts"`
	// Choices are the quick answers offered for a note of each kind, so that two taps are enough.
	Choices map[edge.FactKind][]string `json:"choices"`
}

// For gives the words of a locale ("de", "de-AT", "de_AT.UTF-8"), in English where there are none.
func For(locale string) Words {
	language, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(locale, "_", "-")), "-")
	for _, each := range Languages() {
		if each == language {
			return load(language)
		}
	}
	return load(Languages()[0])
}

// load reads an embedded file; a test has read them all.
func load(language string) Words {
	body, err := files.ReadFile(language + ".json")
	if err != nil {
		panic(err)
	}
	words := Words{Language: language}
	if err := json.Unmarshal(body, &words); err != nil {
		panic(fmt.Sprintf("words %s: %v", language, err))
	}
	return words
}

// T gives a text, or an error that names the key which has none; templates end on it.
func (w Words) T(key string) (string, error) {
	text, ok := w.Texts[key]
	if !ok {
		return "", fmt.Errorf("no words for %q in %s", key, w.Language)
	}
	return text, nil
}
