// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"redbench/edge/seal"
	"redbench/edge/store"
)

// askedLast makes a stopped box believe that it last asked head office at that time.
func askedLast(t *testing.T, dir string, at time.Time) {
	t.Helper()
	keys, err := seal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Dir: dir, StoreID: "harbour", Seal: keys, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Asked(t.Context(), at); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// samplePlaybook is the playbook that is built in, as a file.
func samplePlaybook(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../edge/playbook/default.toml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}
