// SPDX-License-Identifier: Apache-2.0

package daemon

import (
	"path/filepath"
	"strings"
	"testing"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge/guard"
	"redbench/edge/playbook"
)

// TestAnImportIsReadAsAsked: the longest row and the format are settings, and each reaches the reader.
func TestAnImportIsReadAsAsked(t *testing.T) {
	dir := t.TempDir()
	c, err := config.Load("", []string{"REDBENCH_STATE_DIR=" + filepath.Join(dir, "state"), "REDBENCH_LIMITS_IMPORT_ROW_BYTES=1024"})
	if err != nil {
		t.Fatal(err)
	}
	_, s, err := openRecord(t.Context(), Options{Config: c, Log: quiet(nil)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r := record{config: c, playbook: playbook.Default, store: s, cards: guard.New(nil)}
	file := "oops\n{\"customer\":\"c1\"" + strings.Repeat(" ", 2000) + "}\n{\"customer\":\"c2\"}\n"
	report, err := r.Import(t.Context(), control.ImportRequest{Kind: control.ImportCustomers, Format: control.FormatJSONL}, strings.NewReader(file), nil)
	if err != nil || report.New != 1 || report.Bad != 2 {
		t.Errorf("%+v %v", report, err)
	}
}
