// SPDX-License-Identifier: Apache-2.0

package link

import (
	"strings"
	"testing"

	"redbench/sync/wire"
)

// TestARefusedCodeIsToldOnce: head office, this package and the box each know why, and one of them is enough.
func TestARefusedCodeIsToldOnce(t *testing.T) {
	r := &Refused{Status: 403, Problem: wire.Problem{Type: wire.ProblemCode, Title: "Forbidden",
		Detail: "the code is wrong, used, too old or another store's; ask for a new one"}, cause: ErrCode}
	if text := r.Error(); strings.Count(text, "wrong") != 1 || strings.Count(text, "new one") != 1 {
		t.Error(text)
	}
}
