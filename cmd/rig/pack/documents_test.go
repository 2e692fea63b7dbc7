// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// Whoever reads at the box, without a network, can follow what a document refers to.
func TestDocumentsReferToDocumentsThatArePackaged(t *testing.T) {
	tree, err := top()
	if err != nil {
		t.Fatal(err)
	}
	installer, err := os.ReadFile(filepath.Join(tree, "packaging", "msi", "redbench.wxs"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, doc := range documents() {
		names = append(names, path.Base(doc))
		if !strings.Contains(string(installer), `Source="`+path.Base(doc)+`"`) {
			t.Errorf("packaging/msi/redbench.wxs lacks %s", path.Base(doc))
		}
	}
	found := 0
	for _, doc := range documents() {
		text, err := os.ReadFile(filepath.Join(tree, doc))
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range link.FindAllStringSubmatch(string(text), -1) {
			found++
			if !slices.Contains(names, to[1]) {
				t.Errorf("%s refers to %s, which is not packaged beside it", doc, to[1])
			}
		}
	}
	if found == 0 {
		t.Error("no reference was found: the pattern is wrong")
	}
}
