// SPDX-License-Identifier: Apache-2.0

// Package keyedtest holds what the tests of each program's configuration ask alike: that each mistake is told, that what
// is written about keys is what the code says, and that no field is without a key.
package keyedtest

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redbench/daemon/config/keyed"
)

// Mistakes loads each file in testdata, which holds one mistake and, in its first comments, the text that a person must
// see: "# want: " a line each, "# want-prefix: " or "# want-part: ".
func Mistakes(t *testing.T, atLeast int, load func(file string) error) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil || len(files) < atLeast {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".toml"), func(t *testing.T) { mistake(t, file, load(file)) })
	}
}

func mistake(t *testing.T, file string, err error) {
	t.Helper()
	var mistakes *keyed.Error
	if !errors.As(err, &mistakes) {
		t.Fatalf("loaded it, with %v", err)
	}
	got := filepath.ToSlash(err.Error())
	if want := comments(t, file, "# want: "); len(want) > 0 {
		if diff := cmp.Diff(strings.Join(want, "\n"), got); diff != "" {
			t.Errorf("told otherwise (-want +got):\n%s", diff)
		}
	}
	for _, prefix := range comments(t, file, "# want-prefix: ") {
		if !strings.HasPrefix(got, prefix) {
			t.Errorf("%q does not start with %q", got, prefix)
		}
	}
	for _, part := range comments(t, file, "# want-part: ") {
		if !strings.Contains(got, part) {
			t.Errorf("%q does not say %q", got, part)
		}
	}
}

func comments(t *testing.T, file, prefix string) []string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, line := range strings.Split(string(raw), "\n") {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			found = append(found, rest)
		}
	}
	return found
}

// Hold fails when a file is not what the code says, or with update writes it.
func Hold(t *testing.T, update bool, path, want string) {
	t.Helper()
	HoldPart(t, update, path, "", "", want)
}

// HoldPart is Hold for the part of a file from the text from up to the text to; an empty one is the file's start or its
// end.
func HoldPart(t *testing.T, update bool, path, from, to, want string) {
	t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil && (!update || !errors.Is(err, os.ErrNotExist)) {
		t.Fatal(err)
	}
	before, got, after := part(string(whole), from, to)
	if update {
		if err := os.WriteFile(path, []byte(before+want+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s is not what the code says; `go test -update` in this package writes it (-code +file):\n%s", path, diff)
	}
}

func part(whole, from, to string) (before, within, after string) {
	start, end := 0, len(whole)
	if from != "" {
		if start = strings.Index(whole, from); start < 0 {
			start = len(whole)
		}
	}
	if to != "" {
		if i := strings.Index(whole[start:], to); i >= 0 {
			end = start + i
		}
	}
	return whole[:start], whole[start:end], whole[end:]
}

// EveryField fails when a field of a section of config, a pointer to a struct of structs, has no key: it could never be
// changed. It fails, too, when a key is not documented by a sentence.
func EveryField(t *testing.T, config any, keys map[string]keyed.Key) {
	t.Helper()
	pointers := map[uintptr]bool{}
	for _, k := range keys {
		pointers[reflect.ValueOf(k.Value).Pointer()] = true
		if k.Doc == "" || !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s is not documented by a sentence: %q", k.Name(), k.Doc)
		}
	}
	value := reflect.ValueOf(config).Elem()
	for i := range value.NumField() {
		section := value.Field(i)
		if section.Kind() != reflect.Struct {
			continue
		}
		for j := range section.NumField() {
			if !pointers[section.Field(j).Addr().Pointer()] {
				t.Errorf("%s.%s has no key", value.Type().Field(i).Name, section.Type().Field(j).Name)
			}
		}
	}
}
