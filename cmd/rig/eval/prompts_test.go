// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"os"
	"regexp"
	"testing"
)

// Each flag that the docs name is one that the command has.
func TestTheDocsNameFlagsThatAreThere(t *testing.T) {
	docs, err := os.ReadFile("../../../docs/prompts.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(string(regexp.MustCompile(`<!--.*-->`).ReplaceAll(docs, nil)), -1)
	if len(found) < 5 {
		t.Fatalf("only %d flags found", len(found))
	}
	for _, each := range found {
		if PromptsCommand().Flags().Lookup(each[1]) == nil {
			t.Errorf("the docs name --%s, which is none", each[1])
		}
	}
}
