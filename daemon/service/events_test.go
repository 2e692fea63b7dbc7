// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWarningsAndErrorsReachTheSystemsLogToo(t *testing.T) {
	var file bytes.Buffer
	var told []string
	log := slog.New(newEvents(slog.NewTextHandler(&file, nil), func(severe bool, text string) {
		kind := "warning"
		if severe {
			kind = "error"
		}
		told = append(told, kind+": "+text)
	}))
	log.Info("it runs")
	log.Warn("the disk is nearly full", "free", 7)
	log.With("store", "harbour").WithGroup("g").Error("no broker", "error", "refused")
	want := []string{"warning: the disk is nearly full\nfree=7", "error: no broker\nstore=harbour g.error=refused"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if lines := strings.Count(file.String(), "\n"); lines != 3 {
		t.Errorf("the file has %d lines:\n%s", lines, file.String())
	}
}
