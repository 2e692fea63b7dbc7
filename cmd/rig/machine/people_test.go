// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"os"
	"strings"
	"testing"
)

// The broker of the proof is set as the documentation tells a store to set its own.
func TestTheBrokerIsSetAsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]string{"Mosquitto's configuration": broker, "its ACL": tillAccess("3") + boxAccess} {
		if !strings.Contains(string(text), "\n```\n"+want+"```\n") {
			t.Errorf("docs/operations.md has another %s than this one, with which the packages are proved:\n%s", what, want)
		}
	}
}
