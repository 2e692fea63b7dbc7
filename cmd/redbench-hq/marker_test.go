// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"redbench/edge"
	"redbench/sync/hq/config"
	"redbench/sync/hq/store"
)

// TestAnOlderDatabaseIsNoticedAtTheStart: the epoch of a store's cursor tells whether head office began anew.
func TestAnOlderDatabaseIsNoticedAtTheStart(t *testing.T) {
	cfg := &config.Config{}
	cfg.State.Dir = t.TempDir()
	database := filepath.Join(cfg.State.Dir, store.File)
	log := slog.New(slog.DiscardHandler)
	var cursor string
	run := func(began bool, do func(*office)) {
		t.Helper()
		o, err := openOffice(t.Context(), cfg, log)
		check(t, err)
		marked, err := mark(t.Context(), cfg.State.Dir, o, log)
		check(t, err)
		if cursor != "" {
			if _, err := o.Changes(t.Context(), "harbour", cursor, 0); began != (err != nil) {
				t.Errorf("a former cursor: %v", err)
			}
		}
		do(o)
		page, err := o.Changes(t.Context(), "harbour", "", 0)
		check(t, err)
		cursor = page.Cursor
		check(t, marked())
		check(t, o.Close())
	}
	forget := func(o *office) {
		_, err := o.Forget(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: "6001000000001"})
		check(t, err)
	}
	run(false, func(o *office) {
		_, err := o.AddStore(t.Context(), "harbour", nil)
		check(t, err)
	})
	first := cursor
	older, err := os.ReadFile(database)
	check(t, err)
	run(false, forget)
	run(false, forget)
	check(t, os.WriteFile(database, older, 0o600))
	cursor = first
	run(true, forget)
	check(t, os.Remove(filepath.Join(cfg.State.Dir, markerFile)))
	run(true, forget)
	check(t, os.WriteFile(filepath.Join(cfg.State.Dir, markerFile), []byte("{"), 0o600))
	run(true, forget)
	run(false, forget)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
