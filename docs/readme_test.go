// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each promise of the README names the tests that hold it; a test that was renamed or taken away would leave it empty.
func TestEveryPromiseOfTheReadmeIsHeldByATest(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := everyTest(t)
	promises := 0
	for line := range strings.Lines(string(readme)) {
		if !strings.HasPrefix(line, "| ") || !strings.Contains(line, "`Test") {
			continue
		}
		promises++
		if strings.Contains(line, "` to `") {
			t.Errorf("a range leaves what lies between unguarded: %s", line)
		}
		for _, name := range regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(line, -1) {
			if !tests[name[1]] {
				t.Errorf("no test %s, which is to hold: %s", name[1], line)
			}
		}
	}
	if promises < 5 {
		t.Errorf("only %d promises found: has the table changed its form?", promises)
	}
}

// Each relative link of the README leads to something.
func TestEveryLinkOfTheReadmeLeadsSomewhere(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(string(readme), -1) {
		if strings.Contains(link[1], "://") {
			continue
		}
		if _, err := os.Stat(filepath.Join("..", link[1])); err != nil {
			t.Errorf("the README links to %s, which is not there", link[1])
		}
	}
}

func everyTest(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, name := range declared.FindAllSubmatch(code, -1) {
			found[string(name[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
