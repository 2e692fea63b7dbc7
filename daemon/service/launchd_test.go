// SPDX-License-Identifier: Apache-2.0

package service

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestThePropertyListIsWellFormedAndHoldsThisBoxsPaths(t *testing.T) {
	list := PropertyList(Options{Executable: "/opt/{{red}} & bench/redbench", Config: "/etc/<x>.toml", StateDir: "/data/@WORDS@"})
	decoder := xml.NewDecoder(strings.NewReader(list))
	var texts []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, list)
		}
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			texts = append(texts, string(text))
		}
	}
	all := strings.Join(texts, "|")
	for _, want := range []string{
		"ProgramArguments|/opt/{{red}} & bench/redbench|run|--config|/etc/<x>.toml|UserName|_redbench|", "KeepAlive|ThrottleInterval|1|",
		"WorkingDirectory|/data/@WORDS@|",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("it lacks %q:\n%s", want, all)
		}
	}
	if strings.Contains(list, "{{") || !strings.Contains(list, "<key>KeepAlive</key>\n\t<true/>") {
		t.Errorf("it reads\n%s", list)
	}
}

func TestAFreeNumberIsFound(t *testing.T) {
	if id, err := freeID(func(id string) bool { return id == "431" }); id != "431" || err != nil {
		t.Errorf("found %s, %v", id, err)
	}
	if _, err := freeID(func(string) bool { return false }); err == nil {
		t.Error("found one where none is")
	}
}

// The group comes first, as the user names it; nobody can sign in as either.
func TestTheAccountOnMacOSIsNoPersons(t *testing.T) {
	var lines []string
	for _, words := range accountCommands("431") {
		lines = append(lines, strings.Join(words, " "))
	}
	all := strings.Join(lines, "\n")
	for _, want := range []string{
		"dscl . -create /Groups/_redbench PrimaryGroupID 431", "dscl . -create /Users/_redbench UniqueID 431",
		"dscl . -create /Users/_redbench PrimaryGroupID 431", "dscl . -create /Users/_redbench UserShell /usr/bin/false",
		"dscl . -create /Users/_redbench Password *",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("it lacks %q:\n%s", want, all)
		}
	}
	if strings.Index(all, "/Groups/") > strings.Index(all, "/Users/") {
		t.Errorf("the user comes first:\n%s", all)
	}
}
