// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTillsAreReadByLane(t *testing.T) {
	got, err := MQTT{TillsFile: write(t, "\ufeff# front\n1:abc\r\n\n  2:d:e\n")}.Tills()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"1": "abc", "2": "d:e"}, got); diff != "" {
		t.Error(diff)
	}
	none, err := MQTT{}.Tills()
	if none != nil || err != nil {
		t.Errorf("without a file: %v, %v", none, err)
	}
}

func TestABadTillsFileNamesTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"1:a\n2\n":   ":2: must be lane:secret",
		"a b:c\n":    `:1: a lane is 1 to 32 letters, digits, _ or -, and not "box"`,
		"box:c\n":    `:1: a lane is 1 to 32 letters, digits, _ or -, and not "box"`,
		"1:a\n1:b\n": ":2: lane 1 stands above already",
	} {
		_, err := MQTT{TillsFile: write(t, text)}.Tills()
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q told %v, want …%s", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret1") {
			t.Errorf("a secret stands in %v", err)
		}
	}
}

func TestASecretIsTheFirstLine(t *testing.T) {
	got, err := MQTT{PasswordFile: write(t, " pass word\r\nmore\n")}.Password()
	if got != " pass word" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := (Metrics{TokenFile: write(t, "\n")}).Token(); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("an empty token told %v", err)
	}
}

func TestCheckFilesTellsAllThatCannotBeUsed(t *testing.T) {
	c := Default()
	c.UI.CertFile, c.UI.KeyFile = "/nowhere/box.crt", "/nowhere/box.key"
	c.Playbook.File = "/nowhere/playbook.toml"
	c.MQTT.TillsFile = "/nowhere/tills"
	err := c.CheckFiles()
	if err == nil {
		t.Fatal("found nothing")
	}
	for _, want := range []string{"certificate of [ui]", "[playbook] file", "[mqtt] tills_file"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell of %s", err, want)
		}
	}
	if err := Default().CheckFiles(); err != nil {
		t.Errorf("the defaults need no file: %v", err)
	}
}
