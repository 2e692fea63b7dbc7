// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"testing"

	"redbench/daemon/config/keyed"
)

// TestTheExitCodeTellsWhoMends: a mistake in the configuration is the person's, a file that is kept from this user is no mistake.
func TestTheExitCodeTellsWhoMends(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		said string
	}{
		{keyed.NotAllowed("/etc/r.toml"), ExitFailed, "redbench: this user may not read /etc/r.toml: try it with sudo\n"},
		{&keyed.Error{Problems: []keyed.Problem{{Text: "x"}}}, ExitUsage, "redbench: the configuration is wrong:\nx\n"},
	} {
		var said bytes.Buffer
		if code := Report(&said, "redbench", c.err); code != c.code || said.String() != c.said {
			t.Errorf("%d, %q, want %d, %q", code, said.String(), c.code, c.said)
		}
	}
}
