// SPDX-License-Identifier: Apache-2.0

package arm

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

func TestTheArmBuildUnderQEMU(t *testing.T) {
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

// A program for this machine is not taken for one.
func TestAnotherMachinesProgramIsRefused(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if kind, err := described(self); err == nil && !strings.Contains(kind, "static") {
		t.Errorf("it was taken for %s", kind)
	}
	if _, err := described("/etc/hostname"); err == nil {
		t.Error("a text was taken for one")
	}
}
