// SPDX-License-Identifier: Apache-2.0

package windows

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestTheWindowsBuildUnderWine(t *testing.T) {
	if missing := Missing(); missing != "" {
		t.Skip(missing)
	}
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var told strings.Builder
	if err := Prove(ctx, "", 3, &told); err != nil {
		t.Errorf("%v\n%s", err, told.String())
	}
}
